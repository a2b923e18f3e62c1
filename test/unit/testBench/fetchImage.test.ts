import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { fetchImage, type FetchOptions, pictureName } from '../../../src/testBench/fetchImage.js';
import { isPublic } from '../../../src/testBench/publicAddress.js';

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const never = new AbortController().signal;
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server on loopback, and how often it was asked. */
async function serve(answer: RequestListener) {
  const seen = { requests: 0 };
  const server = createServer((request, response) => {
    seen.requests++;
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, seen };
}

/** Any name leads to loopback, and only this port of it may be connected to. */
const onlyPort = (port: number): Partial<FetchOptions> => ({
  resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  allows: (_address, asked) => asked === port,
});

describe('fetchImage', () => {
  test('brings a picture, also over redirects, and takes its type from its bytes', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/picture?x=1' }).end();
      else response.writeHead(200, { 'content-type': 'text/plain' }).end(png);
    });
    const image = await fetchImage(`http://pictures.example:${port}/moved`, never, onlyPort(port));
    expect(image).toEqual({ content: png, contentType: 'image/png' });
  });

  test.each([
    ['http://127.0.0.1:1/x.png', /not a public address/],
    ['http://[::1]:1/x.png', /not a public address/],
    ['http://2130706433/x.png', /not a public address/],
    ['http://localhost:1/x.png', /not a public address/],
    ['http://169.254.169.254/latest/meta-data/', /not a public address/],
    ['file:///etc/passwd', /Only http and https/],
    ['http://user:secret@example.org/x.png', /user name or password/],
    ['not a url', /not a URL/],
  ])('refuses %s', async (url, reason) => {
    await expect(fetchImage(url, never)).rejects.toThrow(reason);
  });

  test('refuses a name one of whose addresses is private, and connects to nothing', async () => {
    const { port, seen } = await serve((_request, response) => response.end(png));
    const resolve = async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    await expect(fetchImage(`http://rebind.example:${port}/`, never, { resolve })).rejects.toThrow(
      'rebind.example is not a public address',
    );
    expect(seen.requests).toBe(0);
  });

  test('connects to the address that was checked, whatever the name resolves to a moment later', async () => {
    const { port, seen } = await serve((_request, response) => response.end(png));
    let asked = 0;
    await fetchImage(`http://rebind.example:${port}/`, never, {
      allows: () => true,
      resolve: async () => [{ address: asked++ === 0 ? '127.0.0.1' : '192.0.2.1', family: 4 }],
    });
    expect({ asked, ...seen }).toEqual({ asked: 1, requests: 1 });
  });

  test('does not follow a redirect to an address that is not allowed', async () => {
    const inner = await serve((_request, response) => response.end(png));
    const outer = await serve((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${inner.port}/secret` }).end(),
    );
    await expect(fetchImage(`http://pictures.example:${outer.port}/`, never, onlyPort(outer.port))).rejects.toThrow(
      '127.0.0.1 is not a public address',
    );
    expect(inner.seen.requests).toBe(0);
  });

  test.each([
    ['404', (response: Parameters<RequestListener>[1]) => response.writeHead(404).end(), /answers 404 Not Found/],
    ['HTML', (response: Parameters<RequestListener>[1]) => response.end('<html>'), /is not a picture/],
    [
      'a redirect to itself',
      (response: Parameters<RequestListener>[1]) => response.writeHead(302, { location: '/' }).end(),
      /more than 3 times/,
    ],
    [
      'an announced giant',
      (response: Parameters<RequestListener>[1]) => response.writeHead(200, { 'content-length': 1e9 }).write(png),
      /more than 6 MB/,
    ],
    [
      'an unannounced giant',
      (response: Parameters<RequestListener>[1]) => response.end(Buffer.alloc(6_300_000)),
      /more than 6 MB/,
    ],
  ])('ends in a sentence for %s', async (_what, answer, reason) => {
    // prettier-ignore
    const { port } = await serve((_request, response) => void answer(response));
    const failure = fetchImage(`http://pictures.example:${port}/`, never, onlyPort(port));
    await expect(failure).rejects.toThrow(reason);
    await expect(failure).rejects.toBeInstanceOf(UserError);
  });

  test('gives up on a server that hangs, and at once when it is cancelled', async () => {
    const { port } = await serve((_request, response) => void response.writeHead(200).write(png));
    const url = `http://pictures.example:${port}/`;
    await expect(fetchImage(url, never, { ...onlyPort(port), milliseconds: 50 })).rejects.toThrow(
      'did not come within',
    );
    const cancel = new AbortController();
    const cancelled = fetchImage(url, cancel.signal, onlyPort(port));
    cancel.abort();
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test.each([
  ['93.184.215.14', true],
  ['172.32.0.1', true],
  ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', true],
  ['::ffff:93.184.215.14', true],
  ['10.1.2.3', false],
  ['172.31.255.255', false],
  ['100.64.0.1', false],
  ['169.254.170.2', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['fe80::1%eth0', false],
  ['fd00:ec2::254', false],
  ['ff02::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:7f00:1', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['64:ff9b::5db8:d70e', true],
  ['2002:7f00:1::', false],
  ['::7f00:1', false],
  ['nonsense', false],
])('%s is public: %j', (address, expected) => {
  expect(isPublic(address)).toBe(expected);
});

test.each([
  ['http://dogs.example/a/my%20dog.jpg?x=1', 'my dog.jpg'],
  ['http://dogs.example/50%.jpg', '50%.jpg'],
  ['http://dogs.example/', 'dogs.example'],
])('%s is called %s', (url, name) => {
  expect(pictureName(url)).toBe(name);
});
