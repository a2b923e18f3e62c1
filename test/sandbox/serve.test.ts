import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ContainerRequest, InferenceWorker } from '../../src/sandbox/engines/hosting/inferenceWorker.js';

let base: string;
const started: Worker[] = [];
beforeEach(async () => void (base = await mkdtemp(path.join(tmpdir(), 'serve-'))));
afterEach(async () => {
  for (const worker of started.splice(0)) await worker.end();
  await rm(base, { recursive: true });
});

interface Worker {
  readonly worker: InferenceWorker;
  readonly log: Promise<string>;
  /** Closes the connection; resolves with the exit status. */
  end(): Promise<number>;
}

/** A worker that serves `script`, on the Python of the machine: the contract needs no package. */
async function serve(
  script: string,
  { environment = {}, files = {} }: { environment?: Record<string, string>; files?: Record<string, string> } = {},
): Promise<Worker> {
  const code = path.join(base, 'model', 'code');
  await mkdir(code, { recursive: true });
  for (const [name, content] of Object.entries({ 'inference.py': script, ...files })) {
    await mkdir(path.dirname(path.join(code, name)), { recursive: true });
    await writeFile(path.join(code, name), content);
  }
  const child = spawn('/usr/bin/python3', ['-B', '-u', 'resources/python/serve.py', '3'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], SAGEMAKER_BASE_DIR: base, ...environment },
  });
  const connection = child.stdio[3] as Socket;
  const exited = new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? 137)));
  const log = Promise.all([text(child.stdout!), text(child.stderr!)]).then((parts) => parts.join(''));
  const worker = new InferenceWorker({
    connection,
    exited,
    terminate: () => child.kill(),
    kill: () => child.kill('SIGKILL'),
  });
  const end = () => {
    connection.destroy();
    return exited;
  };
  started.push({ worker, log, end });
  return { worker, log, end };
}

async function ask({ worker }: Worker, body = '', more: Partial<ContainerRequest> = {}) {
  const input = {
    body: Buffer.from(body),
    contentType: 'application/json',
    accept: undefined,
    customAttributes: undefined,
  };
  const answer = await worker.invoke({ ...input, ...more });
  return { ...answer, text: new TextDecoder().decode(answer.body) };
}

const model = 'def model_fn(model_dir): return "model"\n';

describe('handlers', () => {
  test('are called with what the contract says, in its order', async () => {
    const served = await serve(`
calls = []
def pre_model_fn(model_dir): calls.append(["pre_model_fn", model_dir])
def model_fn(model_dir): calls.append(["model_fn", model_dir]); return "model"
def model_warmup_fn(model_dir, model): calls.append(["model_warmup_fn", model_dir, model])
def input_fn(body, content_type): calls.append(["input_fn", body, content_type]); return "data"
def predict_fn(data, model): calls.append(["predict_fn", data, model]); return "prediction"
def output_fn(prediction, accept): calls.append(["output_fn", prediction, accept]); return calls
`);
    const folder = path.join(base, 'model');
    expect(JSON.parse((await ask(served, '"x"', { accept: 'text/csv' })).text)).toEqual([
      ['pre_model_fn', folder],
      ['model_fn', folder],
      ['model_warmup_fn', folder, 'model'],
      ['input_fn', '"x"', 'application/json'],
      ['predict_fn', 'data', 'model'],
      ['output_fn', 'prediction', 'text/csv'],
    ]);
  });

  test.each([
    ['model, body, content_type, accept', 200, 'model'],
    ['model, body, content_type, accept, context', 200, 'model'],
    ['model, body, content_type', 500, 'transform_fn takes 3 arguments but 4 were given.'],
    ['model, body, content_type, accept, context, more', 500, 'transform_fn takes 6 arguments but 4 were given.'],
  ])('may take one argument more, the context, and no other number: (%s)', async (parameters, status, expected) => {
    const answer = await ask(await serve(`${model}def transform_fn(${parameters}): return model`));
    expect(answer.status).toBe(status);
    expect(answer.text.split('\n')[0]).toBe(expected);
  });

  test.each([
    ['application/json', 'str'],
    ['text/csv', 'str'],
    ['application/json; charset=utf-8', 'bytearray'],
    ['image/jpeg', 'bytearray'],
    [undefined, 'bytearray'],
  ])('get a body of type %s as %s', async (contentType, type) => {
    const served = await serve(`${model}def transform_fn(m, body, c, a): return type(body).__name__`);
    expect((await ask(served, 'ü', { contentType })).text).toBe(type);
  });

  test.each([
    ['b"\\xff"', Buffer.from([0xff])],
    ['"ü"', Buffer.from('ü')],
    ['{"a": [1]}', Buffer.from('{\n  "a": [\n    1\n  ]\n}')],
  ])('may return %s', async (result, expected) => {
    const answer = await ask(await serve(`${model}def transform_fn(m, b, c, a): return ${result}`));
    expect(Buffer.from(answer.body).equals(expected)).toBe(true);
  });

  test('may return a body with its type, whatever was asked for', async () => {
    const served = await serve(`${model}def transform_fn(m, b, c, a): return "x", "text/plain"`);
    expect(await ask(served, '', { accept: 'image/png' })).toMatchObject({ text: 'x', contentType: 'text/plain' });
  });

  test.each([
    [undefined, {}, 'application/json'],
    ['*/*', {}, 'application/json'],
    ['*/*', { SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: 'text/csv' }, 'text/csv'],
    ['image/png', { SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: 'text/csv' }, 'image/png'],
  ])('are asked for a type, also when the client named none (%s, %o)', async (accept, environment, expected) => {
    const served = await serve(`${model}def transform_fn(m, b, c, a): return a`, { environment });
    expect(await ask(served, '', { accept })).toMatchObject({ text: expected, contentType: expected });
  });
});

describe('errors', () => {
  test('that a script raises are 500, message first, then the traceback, which is in the log too', async () => {
    const served = await serve(`${model}def transform_fn(m, b, c, a): raise KeyError("breed")`);
    const { status, text: body } = await ask(served);
    expect(status).toBe(500);
    expect(body).toMatch(/^'breed'\nTraceback \(most recent call last\):\n[^]*KeyError: 'breed'\n$/);
    await served.end();
    expect(await served.log).toContain("KeyError: 'breed'");
  });

  test("of the toolkit's kind carry their own status, and cannot write headers", async () => {
    const served = await serve(`
from sagemaker_inference import errors
${model}
def transform_fn(m, b, c, a): raise errors.GenericInferenceToolkitError(415, "a picture\\r\\nX-Evil: 1", "a picture\\r\\nX-Evil: 1")
`);
    expect(await ask(served)).toMatchObject({ status: 415, text: expect.stringMatching(/^a picture\r\n/) as string });
    expect((await ask(served)).status).toBe(415);
  });

  test('are 503 for a result that is no text and no JSON', async () => {
    const answer = await ask(await serve(`${model}def transform_fn(m, b, c, a): return {1, 2}`));
    expect(answer.status).toBe(503);
    expect(answer.text).toMatch(/^Unsupported model output data type\./);
  });

  test('are 500 for a JSON body that is not UTF-8', async () => {
    const answer = await ask(await serve(`${model}def transform_fn(m, b, c, a): return b`), '', {
      body: Buffer.from([0xff]),
    });
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('UnicodeDecodeError');
  });

  test.each([
    ['raise RuntimeError("no\\nweights")', 'RuntimeError: no\nweights'],
    ['import sys; sys.exit("enough")', 'SystemExit: enough'],
    [`${model}def transform_fn(*a): pass\ndef predict_fn(*a): pass`, /^ValueError: Cannot use transform_fn/],
    ['def model_fn(a, b, c): pass', 'TypeError: model_fn takes 3 arguments but 1 were given.'],
    ['(', /^SyntaxError: /],
  ])('while the model loads are the answer to /ping, and the worker ends: %s', async (script, reason) => {
    const served = await serve(script);
    expect(await served.worker.ping()).toMatch(reason);
    expect(await served.worker.process.exited).toBe(1);
    expect(await served.log).toContain('Traceback (most recent call last):');
  });
});

describe('a worker', () => {
  test('answers /ping when the model is loaded', async () => {
    expect(await (await serve(model)).worker.ping()).toBeUndefined();
  });

  test('ends when its connection is closed, also while a process that a handler started still runs', async () => {
    const served = await serve(`
import subprocess, sys
${model}
def transform_fn(m, b, c, a):
    child = subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return str(child.pid)
`);
    const pid = Number((await ask(served)).text);
    expect(await served.end()).toBe(0);
    process.kill(pid, 'SIGKILL');
  });

  test('serves the script that SAGEMAKER_PROGRAM names', async () => {
    const files = { 'other.py': `${model}def transform_fn(m, b, c, a): return "other"` };
    const served = await serve('raise Exception()', { environment: { SAGEMAKER_PROGRAM: 'other.py' }, files });
    expect((await ask(served)).text).toBe('other');
  });

  test("leaves all names to the script's own modules", async () => {
    const names = ['script', 'context', 'pytorch', 'serve', 'serving'];
    const files = Object.fromEntries(names.map((name) => [`${name}.py`, 'mine = True']));
    const served = await serve(
      `import ${names.join(', ')}\n${model}def transform_fn(m, b, c, a): return str([${names.map((name) => `${name}.mine`).join(', ')}])`,
      { files },
    );
    expect((await ask(served)).text).toBe('[True, True, True, True, True]');
  });

  test('says in its log when there is no script, and tries the default handlers', async () => {
    const served = await serve('', { environment: { SAGEMAKER_PROGRAM: 'mistyped.py' } });
    expect(await served.worker.ping()).toMatch(/^ValueError: Exactly one \.pth or \.pt file is required/);
    expect(await served.log).toContain("No module 'mistyped' in the model's code folder");
  });

  test('knows two paths', async () => {
    const { worker } = await serve(model);
    const { status, body } = await worker.send('GET', '/models', {}, new Uint8Array());
    expect([status, new TextDecoder().decode(body)]).toEqual([
      404,
      'GET /models: there are GET /ping and POST /invocations.',
    ]);
  });
});
