import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { environmentAlone } from '../../src/sandbox/engines/process/isolation.js';
import { sagemakerRuntime } from '../../src/sandbox/services/sagemakerRuntime.js';
import { endpoint, Hosting } from '../support/hostedEndpoints.js';
import { refused } from '../support/refused.js';

let hosting: Hosting;
beforeAll(async () => {
  const environment = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'AKIADECOY',
    AWS_SECRET_ACCESS_KEY: 'decoy',
    AWS_PROFILE: 'decoy',
    SECRET_OF_THE_PERSON: 'decoy',
  };
  hosting = await Hosting.start({ environment });
});
afterAll(() => hosting.close());

/** A script whose body decides what happens: Python, evaluated, with the model's folder as `model`. */
const evaluate = `
import json, os, signal, sys, time
def model_fn(model_dir): return model_dir
def input_fn(body, content_type): return body
def predict_fn(body, model): return eval(body)
def output_fn(result, accept): return json.dumps(result)
`;

describe('a request', () => {
  beforeAll(async () => hosting.deploy('eval', await hosting.model('eval', { 'code/inference.py': evaluate })));

  test('is answered with what the handlers return', async () => {
    expect(await hosting.invoke('eval', '[1 + 1, model]')).toMatchObject({
      text: '[2, "/opt/ml/model"]',
      contentType: 'application/json',
      variant: 'AllTraffic',
    });
  });

  test('whose handler raises is a ModelError with the message, the traceback and the log', async () => {
    const error = await refused(hosting.invoke('eval', '1 / 0'));
    expect(error).toMatchObject({ name: 'ModelError', status: 424 });
    expect(error.message).toMatch(
      /^Received server error \(500\) from primary with message "division by zero\nTraceback/,
    );
    expect(error.message).toMatch(
      /#logEventViewer:group=\/aws\/sagemaker\/Endpoints\/eval in account 123456789012 for more information\.$/,
    );
    expect(error['members']).toMatchObject({
      OriginalStatusCode: 500,
      OriginalMessage: expect.stringContaining('ZeroDivisionError: division by zero') as string,
      LogStreamArn: 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/eval',
    });
    await vi.waitFor(() => expect(hosting.log('eval')).toContain('ZeroDivisionError: division by zero'));
  });

  test('that a worker thinks about for too long is given up, and another worker takes its place', async () => {
    const impatient = await Hosting.start({ invocationMs: 500 });
    try {
      await impatient.deploy('late', await impatient.model('late', { 'code/inference.py': evaluate }));
      const [error, waiting] = await Promise.all([
        refused(impatient.invoke('late', 'time.sleep(1000)')),
        refused(impatient.invoke('late', '42')),
      ]);
      for (const late of [error, waiting]) {
        expect(late).toMatchObject({ name: 'ModelError', members: { OriginalStatusCode: 0 } });
        expect(late.message).toContain(
          'Your invocation timed out while waiting for a response from container primary.',
        );
      }
      await vi.waitFor(async () => expect((await impatient.invoke('late', '42')).text).toBe('42'), 20_000);
    } finally {
      await impatient.close();
    }
  });

  test('that outlasts the time-out of the model server itself is an error of the container', async () => {
    const hasty = await hosting.model(
      'hasty',
      { 'code/inference.py': evaluate },
      { SAGEMAKER_MODEL_SERVER_TIMEOUT: '1' },
    );
    await hosting.deploy('hasty', hasty);
    const error = await refused(hosting.invoke('hasty', 'time.sleep(1000)'));
    expect(error['members']).toMatchObject({ OriginalStatusCode: 500 });
    expect(hosting.log('hasty')).toContain('A worker gave no answer within 1 seconds and is ended.');
  });

  test.each(['os._exit(3)', 'sys.exit(3)', 'os.kill(os.getpid(), signal.SIGKILL)'])(
    'in which the worker dies (%s) fails, and the next one is served',
    async (death) => {
      const error = await refused(hosting.invoke('eval', death));
      expect(error.message).toContain('Received server error (500) from primary with message "{\n  "code": 500');
      expect(error['members']).toMatchObject({ OriginalMessage: expect.stringContaining('Worker died.') as string });
      expect((await hosting.invoke('eval', '42')).text).toBe('42');
    },
  );

  test('is served again after its worker was killed from outside, between two requests', async () => {
    const ends = () => hosting.log('eval').match(/A worker ended with exit code 137/g)?.length ?? 0;
    const before = ends();
    killAllOf(hosting.folder);
    await vi.waitFor(() => expect(ends()).toBeGreaterThan(before));
    expect((await hosting.invoke('eval', '42')).text).toBe('42');
  });

  test('may print what it likes: nothing waits for its log, and nothing of it is lost', async () => {
    const text = `[print(i, "x" * 1000) for i in range(5000)][-1]`;
    expect((await hosting.invoke('eval', text)).text).toBe('null');
    await vi.waitFor(() => expect(hosting.log('eval').match(/^\d+ x{1000}$/gm)).toHaveLength(5000), 10_000);
  });

  test('may print without end: what is stored of it is not', async () => {
    await hosting.deploy('chatty', await hosting.model('chatty', { 'code/inference.py': evaluate }));
    expect((await hosting.invoke('chatty', `[print("x" * 250_000) for i in range(400)][-1]`)).text).toBe('null');
    await hosting.engine.remove('chatty');
    const log = hosting.log('chatty');
    expect(log.length).toBeLessThan(53 * 1024 * 1024);
    expect(log).toMatch(/\d+ bytes of log are left out here/);
  });

  test('of six megabytes is passed on, and so is as large an answer', async () => {
    const body = JSON.stringify('x'.repeat(6_000_000));
    expect((await hosting.invoke('eval', body)).body).toHaveLength(body.length);
  });

  test('whose answer is larger than the model server takes ends the worker, as in TorchServe', async () => {
    const error = await refused(hosting.invoke('eval', '"x" * 7000000'));
    expect(error['members']).toMatchObject({ OriginalMessage: expect.stringContaining('Worker died.') as string });
    expect(hosting.log('eval')).toContain('The answer is larger than 6553500 bytes.');
  });

  test('is measured: every metric of its variant, errors as 0 or 1, latencies in microseconds', async () => {
    hosting.metrics.length = 0;
    await hosting.invoke('eval', 'time.sleep(0.05)');
    await refused(hosting.invoke('eval', '1 / 0'));
    const values = (name: string) => hosting.metrics.filter((metric) => metric.name === name).map(({ value }) => value);
    expect(
      new Set(hosting.metrics.map(({ namespace, dimensions }) => JSON.stringify([namespace, dimensions]))),
    ).toEqual(new Set(['["AWS/SageMaker",{"EndpointName":"eval","VariantName":"AllTraffic"}]']));
    expect(values('Invocations')).toEqual([1, 1]);
    expect(values('Invocation5XXErrors')).toEqual([0, 1]);
    expect(values('Invocation4XXErrors')).toEqual([0, 0]);
    expect(values('InvocationModelErrors')).toEqual([0, 1]);
    expect(values('ModelLatency')[0]).toBeGreaterThanOrEqual(50_000);
    expect(values('OverheadLatency')[0]).toBeLessThan(values('ModelLatency')[0]!);
  });

  test("sees the role's keys and nothing of the person's", async () => {
    const { text } = await hosting.invoke('eval', 'dict(os.environ)');
    expect(text).not.toMatch(/decoy/i);
    const seen = JSON.parse(text) as Record<string, string>;
    expect(seen).toMatchObject({
      SAGEMAKER_PROGRAM: 'inference.py',
      SAGEMAKER_REGION: 'us-east-1',
      OMP_NUM_THREADS: '1',
    });
    const files = await hosting.invoke(
      'eval',
      `[os.path.exists(os.path.expanduser("~/.aws")), os.listdir(${JSON.stringify(hosting.folder)})]`,
    );
    expect(JSON.parse(files.text)).toEqual([false, expect.not.arrayContaining(['state.db', 'objects'])]);
  });

  test('carries custom attributes both ways and the context to a handler that asks for it', async () => {
    const script = `
def model_fn(model_dir, context): return context.system_properties["model_dir"]
def transform_fn(model, body, content_type, accept, context):
    attributes = context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes")
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", attributes.upper())
    return f"{model} {content_type} {accept} {type(body).__name__}", "text/plain"
`;
    await hosting.deploy('context', await hosting.model('context', { 'code/inference.py': script }));
    const more = { contentType: 'image/png', accept: '*/*', customAttributes: 'trace=7' };
    expect(await hosting.invoke('context', 'x', more)).toMatchObject({
      text: '/opt/ml/model image/png application/json bytearray',
      customAttributes: 'TRACE=7',
    });
  });

  test('to an endpoint that is not in service is a ValidationError', async () => {
    const error = await refused(hosting.invoke('nobody'));
    expect(error).toMatchObject({ name: 'ValidationError', status: 400 });
    expect(error.message).toBe('Endpoint nobody of account 123456789012 not found.');
  });
});

describe('a model', () => {
  test.each([
    {
      name: 'missing',
      files: undefined,
      reason: /^Failed to download model data for container "container_1" from URL: "s3:\/\/models\/missing.tar.gz"\./,
    },
    {
      name: 'raises',
      files: { 'code/inference.py': 'raise ValueError("no weights")' },
      reason: /health check.*ValueError: no weights$/,
    },
    {
      name: 'ends',
      files: { 'code/inference.py': 'import os; os._exit(7)' },
      reason: /health check.*exit code 7 before/,
    },
    {
      name: 'module',
      files: { 'code/inference.py': 'import nosuchmodule' },
      reason: /No module named 'nosuchmodule'\. The sandbox's Python is \/usr\/bin\/python3 .* code\/requirements\.txt/,
    },
    {
      name: 'mixed',
      files: { 'code/inference.py': `${evaluate}\ndef transform_fn(*a): pass` },
      reason: /Cannot use transform_fn implementation in conjunction with/,
    },
    {
      name: 'codeless',
      files: { 'readme.txt': 'x' },
      reason: /Exactly one \.pth or \.pt file is required.*no code\/ folder/,
    },
    {
      name: 'pip',
      files: { 'code/inference.py': evaluate, 'code/requirements.txt': './nosuchfolder\n' },
      reason: /pip install -r requirements\.txt ended with exit code 1\.$/,
    },
    {
      name: 'escape',
      files: { '../outside': 'x' },
      reason: /^Failed to extract model data archive.*valid tar\.gz archive\./,
    },
  ])('that cannot be served ($name) says why', async ({ name, files, reason }) => {
    const model = files ? await hosting.model(name, files) : hosting.modelAt(`s3://models/${name}.tar.gz`);
    const error = await refused(hosting.deploy(name, model));
    expect(error.message).toMatch(reason);
    expect(error.message.length).toBeLessThanOrEqual(1024);
    await expect(hosting.invoke(name)).rejects.toThrow('not found');
    expect(instancesOf(name)).toEqual([]);
  });

  test('whose script raises leaves the traceback in the log', () => {
    expect(hosting.log('raises')).toMatch(/Traceback \(most recent call last\):[^]*ValueError: no weights/);
  });

  test('that is no gzipped tar is refused in the words of SageMaker', async () => {
    await hosting.objects.put('models', 'text.tar.gz', Buffer.from('hello'));
    const error = await refused(hosting.deploy('text', hosting.modelAt('s3://models/text.tar.gz')));
    expect(error.message).toContain('Please ensure that the object located at the URL is a valid tar.gz archive.');
  });

  test('of an unknown image is refused by its name', async () => {
    const model = { ...(await hosting.model('image', { 'code/inference.py': evaluate })), image: 'docker.io/my/own:1' };
    expect((await refused(hosting.deploy('image', model))).message).toContain('docker.io/my/own:1');
  });

  test('gets the packages that its requirements.txt asks for, and the machine does not', async () => {
    const model = await hosting.model('packages', {
      'code/inference.py': `import greetings\n${evaluate}`,
      'code/requirements.txt': '--no-index\n--find-links /opt/ml/model/code\ngreetings==1.0\n',
      'code/greetings-1.0-py3-none-any.whl': wheel('greetings', 'hello = "from a wheel"'),
    });
    await hosting.deploy('packages', model);
    expect((await hosting.invoke('packages', 'greetings.hello')).text).toBe('"from a wheel"');
  });

  test('is served without a private /opt/ml, too, where the machine cannot give one', async () => {
    const plain = await Hosting.start({ isolation: Promise.resolve(environmentAlone) });
    try {
      await plain.deploy('plain', await plain.model('plain', { 'code/inference.py': evaluate }));
      const folder = JSON.parse((await plain.invoke('plain', 'model')).text) as string;
      expect(folder.startsWith(path.join(plain.folder, 'endpoints', 'plain'))).toBe(true);
    } finally {
      await plain.close();
    }
  });

  test('of TorchScript alone is served by the default handlers, in JSON, CSV and NPY', async () => {
    await hosting.deploy('default', await hosting.model('default', { 'model.pt': doublingModel() }));
    const ask = (body: string | Uint8Array, contentType: string, accept?: string) =>
      hosting.invoke('default', body, { contentType, accept });
    expect((await ask('[[1, 2.5]]', 'application/json')).text).toBe('[[2.0, 5.0]]');
    expect((await ask('1,2\n3,4\n', 'text/csv', 'text/csv')).text).toBe('2.0,4.0\n6.0,8.0\n');
    const npy = await ask('[[1]]', 'application/json', 'image/png, application/x-npy');
    expect(npy.contentType).toBe('image/png, application/x-npy');
    expect((await ask(npy.body, 'application/x-npy')).text).toBe('[[4.0]]');
    const error = await refused(ask('x', 'image/png'));
    expect(error['members']).toMatchObject({ OriginalStatusCode: 500 });
    expect(error.message).toContain('Content type image/png is not supported by this framework.');
  });
});

describe('traffic', () => {
  const answers = (text: string) => ({
    'code/inference.py': `import time\ndef model_fn(d): pass\ndef transform_fn(m, b, c, a):\n  time.sleep(float(b or 0))\n  return "${text}"`,
  });

  test('is split over the variants by their weights, or goes to the variant that is asked for', async () => {
    let asked = 0;
    const split = await Hosting.start({ random: () => (asked++ % 20) / 20 });
    try {
      const [blue, green] = [await split.model('blue', answers('blue')), await split.model('green', answers('green'))];
      await split.engine.apply(
        endpoint('split', { name: 'blue', model: blue, weight: 3 }, { name: 'green', model: green, weight: 1 }),
      );
      const variants: string[] = [];
      for (let i = 0; i < 20; i++) variants.push((await split.invoke('split')).variant);
      expect(variants.filter((variant) => variant === 'blue')).toHaveLength(15);
      expect((await split.invoke('split', '', { targetVariant: 'green' })).text).toBe('green');
      const error = await refused(split.invoke('split', '', { targetVariant: 'red' }));
      expect(error.name).toBe('ValidationError');
    } finally {
      await split.close();
    }
  });

  test('is spread over the instances of a variant', async () => {
    await hosting.deploy('wide', await hosting.model('wide', { 'code/inference.py': evaluate }), { instanceCount: 2 });
    hosting.metrics.length = 0;
    await Promise.all([hosting.invoke('wide', 'print("served")'), hosting.invoke('wide', 'print("served")')]);
    await hosting.engine.remove('wide');
    const streams = [...hosting.logs].filter(([key]) => key.startsWith('/aws/sagemaker/Endpoints/wide:AllTraffic/i-'));
    expect(streams.map(([, lines]) => lines.filter((line) => line === 'served'))).toEqual([['served'], ['served']]);
    expect(hosting.metrics.filter(({ name }) => name === 'InvocationsPerInstance').map(({ value }) => value)).toEqual([
      0.5, 0.5,
    ]);
  });

  test('loses no request when the endpoint is updated under load', async () => {
    const blue = await hosting.model('v1', answers('v1'));
    const green = await hosting.model('v2', answers('v2'));
    await hosting.deploy('update', blue);
    const seen = new Set<string>();
    let updating = true;
    const client = async () => {
      while (updating) seen.add((await hosting.invoke('update', '0.01')).text);
    };
    const clients = [client(), client(), client()];
    await hosting.deploy('update', green);
    updating = false;
    await Promise.all(clients);
    expect([...seen]).toContain('v1');
    expect((await hosting.invoke('update')).text).toBe('v2');
  });

  test('goes on to what served before when an update fails', async () => {
    await hosting.deploy('steady', await hosting.model('steady', answers('steady')));
    await refused(
      hosting.deploy('steady', await hosting.model('broken', { 'code/inference.py': 'raise Exception()' })),
    );
    expect((await hosting.invoke('steady')).text).toBe('steady');
  });

  test('keeps the instances that a new instance count still wants', async () => {
    const model = await hosting.model('scale', { 'code/inference.py': evaluate });
    await hosting.deploy('scale', model);
    await hosting.invoke('scale', '__builtins__.__setitem__("mark", 1)');
    await hosting.deploy('scale', model, { instanceCount: 2 });
    await hosting.deploy('scale', model, { instanceCount: 1 });
    expect((await hosting.invoke('scale', 'mark')).text).toBe('1');
  });

  test('ends with the endpoint: what is under way is answered, then no process and no file is left', async () => {
    await hosting.deploy('removed', await hosting.model('removed', answers('done')));
    const last = hosting.invoke('removed', '0.3');
    const removed = hosting.engine.remove('removed');
    expect((await last).text).toBe('done');
    await removed;
    await expect(hosting.invoke('removed')).rejects.toThrow('not found');
    expect(readdirSync(path.join(hosting.folder, 'endpoints'))).not.toContain('removed');
  });

  test('that does not fit the queue of a busy instance is refused as TorchServe does', async () => {
    const narrow = await Hosting.start({ queueLength: 1 });
    try {
      await narrow.deploy('narrow', await narrow.model('narrow', answers('x')));
      const requests = [0, 1, 2].map(() => narrow.invoke('narrow', '0.2'));
      const error = await refused(requests[2]!);
      expect(error['members']).toMatchObject({ OriginalStatusCode: 503 });
      expect(error.message).toContain('has no worker to serve inference request');
      await Promise.all(requests.slice(0, 2));
    } finally {
      await narrow.close();
    }
  });

  test('a deployment that is given up, because its endpoint is deleted, leaves nothing behind', async () => {
    const slow = await hosting.model('slow', {
      'code/inference.py': 'print("loading"); import time; time.sleep(1000)',
    });
    const deployed = refused(hosting.deploy('slow', slow));
    await vi.waitFor(() => expect(hosting.log('slow')).toContain('loading'), 10_000);
    await hosting.engine.remove('slow');
    expect((await deployed).message).toBe('Endpoint slow is being deleted.');
    expect(instancesOf('slow')).toEqual([]);
  });
});

describe('InvokeEndpoint', () => {
  const settings = { account: '123456789012', region: 'us-east-1', dataDir: '', python: undefined };
  const operation = () => sagemakerRuntime(hosting.engine, settings).operations['InvokeEndpoint']!;
  const context = { signal: new AbortController().signal } as never;

  test('acts on the endpoint, whose ARN is in small letters', () => {
    expect(operation().resource({ EndpointName: 'Eval' } as never)).toBe(
      'arn:aws:sagemaker:us-east-1:123456789012:endpoint/eval',
    );
  });

  test('gives the answer with its variant', async () => {
    const output = await operation().run(
      { EndpointName: 'eval', Body: Buffer.from('1'), ContentType: 'application/json' } as never,
      context,
    );
    expect(output).toEqual({
      Body: expect.objectContaining({ length: 1 }) as Uint8Array,
      ContentType: 'application/json',
      InvokedProductionVariant: 'AllTraffic',
    });
  });

  test('says by name what kinds of endpoints there are not', async () => {
    const ask = async (more: object) =>
      operation().run({ EndpointName: 'eval', Body: Buffer.alloc(0), ...more } as never, context);
    expect((await refused(ask({ TargetModel: 'a.tar.gz' }))).message).toBe(
      'Endpoint eval is not a multi-model endpoint and does not support target model header.',
    );
    for (const header of ['TargetContainerHostname', 'InferenceComponentName', 'EnableExplanations', 'SessionId']) {
      expect((await refused(ask({ [header]: 'x' }))).message).toContain(header);
    }
  });
});

/** The folders of an endpoint's instances. */
function instancesOf(name: string): string[] {
  const folder = path.join(hosting.folder, 'endpoints', name);
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** A model that doubles its input, made by torch. */
function doublingModel(): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'torchscript-'));
  try {
    const file = path.join(folder, 'model.pt');
    execFileSync('/usr/bin/python3', [
      '-c',
      'import sys, torch; torch.jit.trace(lambda x: x * 2, torch.ones(1, 2)).save(sys.argv[1])',
      file,
    ]);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A wheel of one module. */
function wheel(name: string, source: string): Buffer {
  const script = `
import io, sys, zipfile
name, source = sys.argv[1:]
info = f"{name}-1.0.dist-info"
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as archive:
    archive.writestr(f"{name}.py", source)
    archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
    archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    archive.writestr(f"{info}/RECORD", "")
sys.stdout.buffer.write(buffer.getvalue())
`;
  return execFileSync('/usr/bin/python3', ['-c', script, name, source]);
}

/** kill -9 to every process that has the data folder among its arguments: the launchers of the workers. */
function killAllOf(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended while we were looking.
    }
  }
}
