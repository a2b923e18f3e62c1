import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conversation, sampleFolder } from '../support/samplePython.js';

/** What the endpoint got, and what it is to answer next: the wire of InvokeEndpoint, with failures that no model has at will. */
interface Endpoint {
  asked: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[];
  answer: { readonly status: number; readonly body: string; readonly error?: string };
}

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);
const three = { labels: ['Bag', 'Coat', 'Shirt'], scores: [1, 3, 2] };

const endpoint: Endpoint = { asked: [], answer: { status: 200, body: '' } };
let server: Server;
let handler: Conversation;

/** Calls the handler with each line of JSON. */
const caller = `
import json, sys
from lambda_function import lambda_handler
for line in sys.stdin:
    try:
        print(json.dumps(lambda_handler(json.loads(line), None)), flush=True)
    except Exception as error:
        print(json.dumps({"raised": str(error)}), flush=True)
`;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      endpoint.asked.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
      const { status, body, error } = endpoint.answer;
      const headers = { 'content-type': 'application/json', ...(error !== undefined && { 'x-amzn-errortype': error }) };
      response.writeHead(status, headers).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The system's Python, with the boto3 that Debian has: older than what Lambda has, and it must do, too.
  const child = spawn('/usr/bin/python3', ['-c', caller], {
    env: {
      PYTHONPATH: [path.resolve('resources/python'), sampleFolder].join(path.delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_DEFAULT_REGION: 'us-east-1',
      ENDPOINT_NAME: 'breeds-classifier',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  handler = new Conversation(child);
});
afterAll(async () => {
  await handler.end();
  server.close();
});

async function ask(event: unknown, answer: Partial<Endpoint['answer']> = {}) {
  endpoint.asked = [];
  endpoint.answer = { status: 200, body: JSON.stringify(three), ...answer };
  const reply = (await handler.ask(event)) as {
    statusCode?: number;
    headers?: object;
    body?: string;
    raised?: string;
  };
  return { ...reply, body: reply.body === undefined ? undefined : (JSON.parse(reply.body) as Record<string, unknown>) };
}

const image = png.toString('base64');
const url = 'https://example.com/dog.jpg';

describe("the sample's function", () => {
  test('sends a picture as what it is, and answers with the best classes beside the scores as they were', async () => {
    const { statusCode, headers, body } = await ask({ image, top_k: 2 });
    expect([statusCode, headers]).toEqual([200, { 'Content-Type': 'application/json' }]);
    expect(body).toMatchObject({
      ...three,
      predictions: [
        { label: 'Coat', index: 1, score: 3 },
        { label: 'Shirt', index: 2, score: 2 },
      ],
    });
    const [best] = body?.['predictions'] as { probability: number }[];
    expect(best?.probability).toBeCloseTo(Math.exp(3) / (Math.exp(1) + Math.exp(2) + Math.exp(3)), 12);
    const [{ path: asked, headers: sent, body: bytes } = { path: '', headers: {}, body: Buffer.alloc(0) }] =
      endpoint.asked;
    expect(asked).toBe('/endpoints/breeds-classifier/invocations');
    expect([sent['content-type'], sent['accept']]).toEqual(['image/png', 'application/json']);
    expect(bytes).toEqual(png);
  });

  test('sends a URL as JSON, from an HTTP request as well', async () => {
    const http = { body: Buffer.from(JSON.stringify({ url })).toString('base64'), isBase64Encoded: true };
    for (const event of [{ url }, { body: JSON.stringify({ url }) }, http]) {
      expect((await ask(event)).statusCode).toBe(200);
      expect(JSON.parse(endpoint.asked[0]!.body.toString())).toEqual({ url });
    }
  });

  test.each([
    ['raw scores of a batch of one, without names', [[0.5, 2, 1]], ['1', '2', '0']],
    ['bare scores', [0.5, 2, 1], ['1', '2', '0']],
    ['names that are not as many as the scores', { scores: [0.5, 2], labels: ['a'] }, ['1', '0']],
  ])('understands %s', async (_, answer, labels) => {
    const { body } = await ask({ image }, { body: JSON.stringify(answer) });
    expect((body?.['predictions'] as { label: string }[]).map(({ label }) => label)).toEqual(labels);
  });

  test('leaves probabilities as they are', async () => {
    const { body } = await ask({ image }, { body: '[0.25, 0.75]' });
    expect(body?.['predictions']).toEqual([
      { label: '1', index: 1, probability: 0.75, score: 0.75 },
      { label: '0', index: 0, probability: 0.25, score: 0.25 },
    ]);
  });

  test.each<[string, unknown, number]>([
    ['nothing', {}, 400],
    ['no object', [1], 400],
    ['a body that is no JSON', { body: '{' }, 400],
    ['a body that is none', { body: null }, 400],
    ['both', { image, url }, 400],
    ['an image that is no string', { image: 7 }, 400],
    ['what is no base64', { image: 'äöü' }, 400],
    ['what is no picture', { image: Buffer.from('hello').toString('base64') }, 415],
    ['a picture of 6 MB', { image: Buffer.concat([png, Buffer.alloc(6_000_000)]).toString('base64') }, 413],
    ['a file', { url: 'file:///etc/passwd' }, 400],
    ['a password', { url: 'https://a:b@example.com/' }, 400],
    ['a long URL', { url: `https://example.com/${'a'.repeat(3000)}` }, 400],
    ['no host', { url: 'https:///x' }, 400],
    ['an odd number of classes', { url, top_k: 0 }, 400],
    ['true as their number', { url, top_k: true }, 400],
  ])('refuses %s, without asking the model', async (_, event, status) => {
    const { statusCode, body } = await ask(event);
    expect(statusCode).toBe(status);
    expect(Object.keys(body ?? {})).toEqual(['error']);
    expect(endpoint.asked).toEqual([]);
  });

  const modelError = (OriginalStatusCode: number) => ({
    status: 424,
    error: 'ModelError',
    body: JSON.stringify({ Message: 'secret', OriginalMessage: 'secret', OriginalStatusCode }),
  });
  test.each<[string, Partial<Endpoint['answer']>, number]>([
    ['fails', modelError(500), 502],
    ['cannot read the picture', modelError(415), 415],
    ['is throttled', { status: 429, error: 'ThrottlingException', body: '{"message":"secret"}' }, 503],
    ['is away', { status: 503, error: 'ServiceUnavailable', body: '{"Message":"secret"}' }, 503],
    ['answers no JSON', { body: '<html>secret' }, 502],
    ['answers NaN', { body: '[NaN, 1]' }, 502],
    ['answers no scores', { body: '{"secret": 1}' }, 502],
    ['answers nothing', { body: '[]' }, 502],
  ])('says with its status that the model %s, once and without its words', async (_, answer, status) => {
    const { statusCode, body } = await ask({ image }, answer);
    expect(statusCode).toBe(status);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(endpoint.asked).toHaveLength(1);
  });

  test('raises what is a fault of its own: a denied call is an error of the function', async () => {
    const message = 'User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: sagemaker:InvokeEndpoint';
    const denied = { status: 403, error: 'AccessDeniedException', body: JSON.stringify({ Message: message }) };
    expect((await ask({ image }, denied)).raised).toContain(message);
  });
});
