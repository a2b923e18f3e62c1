import { once } from 'node:events';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conversation, fixtures, SampleCopy, sampleFolder } from '../support/samplePython.js';

let sample: SampleCopy;
let model: string;

beforeAll(async () => {
  sample = await SampleCopy.make();
  model = path.join(sample.scratch, 'model');
  const options = ['--model', 'small', '--epochs', '1', '--learning-rate', '0.03', '--model-dir', model];
  const { code, stderr } = await sample.run([path.join(sample.folder, 'train.py'), ...options]);
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => sample.remove());

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** An inference process with the code that the model brought along, not the sample's. */
class Inference {
  private readonly process: Conversation;

  constructor(modelFolder: string, environment?: Readonly<Record<string, string>>) {
    const args = [path.join(fixtures, 'answer.py'), path.join(modelFolder, 'code'), modelFolder];
    this.process = new Conversation(sample.start(args, environment));
  }

  async ask(body: Uint8Array | string | object, contentType = 'application/json', accept = '*/*'): Promise<Answer> {
    const bytes = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body);
    return (await this.process.ask({ body: Buffer.from(bytes).toString('base64'), contentType, accept })) as Answer;
  }

  end(): Promise<void> {
    return this.process.end();
  }
}

interface Prediction {
  readonly predictions: { readonly label: string; readonly index: number; readonly probability: number }[];
  readonly labels: string[];
  readonly scores: number[];
}

const bag = () => readFileSync(path.join(sampleFolder, 'data/fashion-mnist/test/Bag/0003.png'));

/** The picture as Pillow writes it in another form: `how` is Python with `image` in it. */
async function picture(how: string): Promise<Buffer> {
  const script = `
import base64, io, sys
from PIL import Image
image = Image.open(io.BytesIO(base64.b64decode(sys.argv[1])))
out = io.BytesIO()
${how}
print(base64.b64encode(out.getvalue()).decode())`;
  const { code, stdout, stderr } = await sample.run(['-c', script, bag().toString('base64')]);
  if (code !== 0) throw new Error(stderr);
  return Buffer.from(stdout, 'base64');
}

/** A chunk of a PNG: length, kind, content, checksum. */
function chunk(kind: string, hex: string): Buffer {
  const content = Buffer.concat([Buffer.from(kind), Buffer.from(hex, 'hex')]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length - 4);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}

async function listen(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const port = (server: Server): number => (server.address() as AddressInfo).port;

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

describe('inference.py', () => {
  let inference: Inference;
  let plain: Answer;
  beforeAll(async () => {
    inference = new Inference(model);
    plain = await inference.ask(bag(), 'image/png');
  });
  afterAll(() => inference.end());

  test('answers class names with probabilities, and the scores of all classes', () => {
    const { predictions, labels, scores } = JSON.parse(plain.body) as Prediction;
    expect(plain).toMatchObject({ status: 200, type: 'application/json' });
    expect([predictions.length, labels.length, scores.length]).toEqual([5, 10, 10]);
    const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
    for (const { label, index, probability } of predictions) {
      expect(label).toBe(labels[index]);
      expect(probability).toBeCloseTo(Math.exp(scores[index] ?? 0) / sum, 5);
    }
    expect(predictions.map(({ index }) => index)).toEqual(
      scores
        .map((_, index) => index)
        .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
        .slice(0, 5),
    );
  });

  test.each([
    ['RGB', 'image.convert("RGB").save(out, "PNG")'],
    ['palette', 'image.convert("P").save(out, "PNG")'],
    ['opaque RGBA', 'image.convert("RGBA").save(out, "PNG")'],
    ['16 bits of grey', 'image.convert("I").point(lambda v: v * 257).save(out, "PNG")'],
    [
      'transparent where the page is white',
      `alpha = image.point(lambda v: 0 if v == 255 else 255)\nimage.putalpha(alpha)\nimage.save(out, "PNG")`,
    ],
    [
      'turned, with an EXIF note of it',
      `exif = Image.Exif()\nexif[0x0112] = 6\nimage.transpose(Image.Transpose.ROTATE_90).save(out, "PNG", exif=exif)`,
    ],
  ])('sees the same in a PNG that is %s', async (_, how) => {
    const answer = await inference.ask(await picture(how), 'image/png');
    expect(answer).toEqual(plain);
  });

  test.each([
    ['grey JPEG', 'image/jpeg', 'image.save(out, "JPEG", quality=95)'],
    ['CMYK JPEG', 'application/x-image', 'image.convert("CMYK").save(out, "JPEG", quality=95)'],
    ['WebP', 'image/webp', 'image.convert("RGB").save(out, "WEBP", lossless=True)'],
    ['GIF', 'application/octet-stream', 'image.save(out, "GIF")'],
  ])('sees nearly the same in a %s', async (_, type, how) => {
    const { body } = await inference.ask(await picture(how), type);
    const expected = (JSON.parse(plain.body) as Prediction).predictions[0];
    const found = (JSON.parse(body) as Prediction).predictions.find(({ label }) => label === expected?.label);
    expect(Math.abs((found?.probability ?? 0) - (expected?.probability ?? 1))).toBeLessThan(0.1);
  });

  test('takes base64 in JSON, also as a data: URL', async () => {
    const image = bag().toString('base64');
    expect(await inference.ask({ image })).toEqual(plain);
    expect(await inference.ask({ image: `data:image/png;base64,${image}` })).toEqual(plain);
    expect(await inference.ask({ image }, 'application/json; charset=utf-8')).toEqual(plain);
  });

  test('answers a table when CSV is asked for', async () => {
    const { type, body } = await inference.ask(bag(), 'image/png', 'text/csv');
    expect(type).toBe('text/csv');
    expect(body.split('\n')[0]).toBe('label,probability,score');
    expect(body.trimEnd().split('\n')).toHaveLength(11);
  });

  test.each<[number, string, Uint8Array | string | object, string, string]>([
    [415, 'a type that is no picture', 'hello', 'text/plain', "Content type 'text/plain' is not read here"],
    [415, 'bytes that are no picture', 'hello', 'image/jpeg', 'This is not a picture of a known kind'],
    [415, 'an empty body', '', 'image/png', 'This is not a picture of a known kind'],
    [415, 'half a picture', bag().subarray(0, 300), 'image/png', 'The picture is damaged'],
    [400, 'JSON that is none', '{', 'application/json', 'The body is not JSON'],
    [400, 'JSON without a picture', { picture: 1 }, 'application/json', 'Send {"image": "<base64>"}'],
    [400, 'JSON with both', { image: '', url: '' }, 'application/json', 'Send {"image": "<base64>"}'],
    [400, 'what is not base64', { image: '%%%' }, 'application/json', 'The image is not base64'],
    [400, 'a file: URL', { url: 'file:///etc/passwd' }, 'application/json', 'Only http and https URLs'],
    [400, 'the metadata service', { url: 'http://169.254.169.254/' }, 'application/json', 'is not a public address'],
    [400, 'a loopback address', { url: 'http://127.1:22/' }, 'application/json', 'is not a public address'],
  ])('answers %i to %s', async (status, _, body, type, message) => {
    const answer = await inference.ask(body, type);
    expect(answer).toMatchObject({ status, type: 'RequestError' });
    expect(answer.body).toContain(message);
  });

  test('answers 413 to a small file that would become gigabytes', async () => {
    const bomb = Buffer.concat([
      bag().subarray(0, 8),
      chunk('IHDR', '0000753000007530' + '0100000000'),
      chunk('IDAT', ''),
    ]);
    expect(await inference.ask(bomb, 'image/png')).toMatchObject({ status: 413 });
  });

  test('answers 406 when something else is asked for', async () => {
    expect(await inference.ask(bag(), 'image/png', 'image/png')).toMatchObject({ status: 406 });
  });

  test('works without labels.json: a class is then its number', async () => {
    const bare = path.join(sample.scratch, 'bare');
    cpSync(model, bare, { recursive: true });
    rmSync(path.join(bare, 'labels.json'));
    const unlabelled = new Inference(bare);
    const { predictions } = JSON.parse((await unlabelled.ask(bag(), 'image/png')).body) as Prediction;
    await unlabelled.end();
    for (const { label, index } of predictions) expect(label).toBe(String(index));
  });
});

describe('a picture behind a URL', () => {
  let pictures: Server;
  let neighbour: Server;
  let inference: Inference;
  let askedOfNeighbour = 0;

  beforeAll(async () => {
    neighbour = await listen((_, response) => {
      askedOfNeighbour++;
      response.end(bag());
    });
    pictures = await listen((request, response) => {
      const to = (location: string) => response.writeHead(302, { location }).end();
      if (request.url === '/bag.png') response.end(bag());
      else if (request.url === '/moved') to('/bag.png');
      else if (request.url === '/circle') to('/circle');
      else if (request.url === '/neighbour') to(`http://127.0.0.1:${port(neighbour)}/`);
      else if (request.url === '/file') to('file:///etc/passwd');
      else if (request.url === '/large') response.writeHead(200, { 'content-length': 1e9 }).flushHeaders();
      else if (request.url === '/endless') endless(response);
      else if (request.url === '/slow') response.writeHead(200).write('x');
      else response.writeHead(404).end();
    });
    inference = new Inference(model, { IMAGE_URL_ALLOW: `example.com:80, 127.0.0.1:${port(pictures)}` });
  });
  afterAll(async () => {
    await inference.end();
    await close(pictures);
    await close(neighbour);
  });

  /** Chunks without end, as fast as they are read. */
  function endless(response: NodeJS.WritableStream): void {
    const more = () => {
      while (response.write(Buffer.alloc(65536)));
    };
    response.on('drain', more);
    more();
  }

  const at = (where: string): string => `http://127.0.0.1:${port(pictures)}${where}`;

  test('is fetched from an allowed server, also after a redirect', async () => {
    const direct = await inference.ask(bag(), 'image/png');
    expect(await inference.ask({ url: at('/bag.png') })).toEqual(direct);
    expect(await inference.ask({ url: at('/moved') })).toEqual(direct);
  });

  test('is not fetched from a server beside the allowed one, not even when that one says so', async () => {
    for (const url of [
      `http://127.0.0.1:${port(neighbour)}/`,
      `http://localhost:${port(neighbour)}/`,
      at('/neighbour'),
    ]) {
      const answer = await inference.ask({ url });
      expect(answer).toMatchObject({ status: 400 });
      expect(answer.body).toContain('is not a public address');
    }
    expect(askedOfNeighbour).toBe(0);
  });

  test.each([
    ['/circle', 'more than 3 redirects'],
    ['/file', 'Only http and https URLs'],
    ['/nothing', 'answered 404'],
    ['/large', 'more than 10,485,760 bytes'],
    ['/endless', 'more than 10,485,760 bytes'],
  ])('%s is refused: %s', async (where, message) => {
    const answer = await inference.ask({ url: at(where) });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body).toContain(message);
  });

  const fetch = async (url: string, seconds: string, addresses: string[], allow = ''): Promise<unknown> => {
    const script = [path.join(fixtures, 'fetch.py'), sampleFolder, url, seconds, '1000000', ...addresses];
    const { stdout, stderr } = await sample.run(script, { IMAGE_URL_ALLOW: allow });
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout);
  };

  test('that never ends is given up at the deadline', async () => {
    const result = await fetch(at('/slow'), '0.3', [], `127.0.0.1:${port(pictures)}`);
    expect(result).toMatchObject({ error: 'Fetching the picture took too long.' });
  });

  test('is fetched from the very address that was checked, whatever the name resolves to next', async () => {
    const url = `http://rebinding.test:${port(pictures)}/bag.png`;
    const result = await fetch(url, '5', ['93.184.215.14', '127.0.0.1']);
    expect(result).toEqual({ bytes: bag().length, connected: ['93.184.215.14'] });
  });

  test('is checked anew after a redirect to the same name', async () => {
    const url = `http://rebinding.test:${port(pictures)}/moved`;
    const result = await fetch(url, '5', ['93.184.215.14', '10.0.0.1']);
    expect(result).toMatchObject({
      error: expect.stringContaining('rebinding.test is not a public address') as string,
      connected: ['93.184.215.14'],
    });
  });

  test('is only fetched from addresses that are public in every notation', async () => {
    const script = 'import image_url, sys\nfor a in sys.argv[1:]: print(a, image_url.is_public(a))';
    const addresses = {
      '93.184.215.14': true,
      '2606:4700::1111': true,
      '0.0.0.0': false,
      '10.1.2.3': false,
      '100.64.0.1': false,
      '127.0.0.1': false,
      '169.254.169.254': false,
      '172.16.0.1': false,
      '192.168.1.1': false,
      '224.0.0.1': false,
      '255.255.255.255': false,
      '::': false,
      '::1': false,
      '::ffff:127.0.0.1': false,
      '64:ff9b::7f00:1': false,
      '2002:7f00:1::': false,
      'fd00:ec2::254': false,
      'fe80::1%eth0': false,
      'ff02::1': false,
    };
    const { stdout } = await sample.run(['-c', script, ...Object.keys(addresses)], { PYTHONPATH: sampleFolder });
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '));
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(addresses).map(([address, open]) => [address, open ? 'True' : 'False'])),
    );
  });
});
