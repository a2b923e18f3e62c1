import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Cloud } from '../../src/aws/cloud.js';
import { ask, type Asking } from '../../src/testBench/ask.js';
import { LocalScripts } from '../../src/testBench/localScripts.js';
import { ModelFolders } from '../../src/testBench/modelFolders.js';
import type { Reply } from '../../src/testBench/reply.js';
import type { ScriptCloud } from '../../src/testBench/scriptEnvironment.js';
import type { ScriptTarget } from '../../src/testBench/target.js';

const never = new AbortController().signal;
let folder: string;
let scripts: LocalScripts;
const noCloud = (): Promise<Cloud> => Promise.reject(new Error('no cloud may be asked'));

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'scripts-'));
  scripts = new LocalScripts({
    resources: path.resolve('resources/python'),
    python: async () => '/usr/bin/python3',
    models: new ModelFolders(path.join(folder, 'models')),
    environment: { ...process.env, AWS_ACCESS_KEY_ID: 'AKIAPERSON', AWS_SECRET_ACCESS_KEY: 'secret' },
  });
});
afterEach(() => scripts.dispose());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each script in a folder of its own. */
function script(name: string, text: string): string {
  const file = path.join(folder, name, 'the_script.py');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function handler(name: string, text: string, more: Partial<ScriptTarget> = {}): ScriptTarget {
  return { kind: 'script', file: script(name, text), handler: 'lambda_handler', timeout: 20, ...more };
}

function asked(target: ScriptTarget, body: unknown, signal = never, reachable?: ScriptCloud): Promise<Reply> {
  const asking: Asking = { cloud: noCloud, scripts, reachable };
  const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
  return ask(asking, target, { body: bytes, contentType: 'application/json', accept: '*/*' }, signal);
}

function failureOf(reply: Reply) {
  if (reply.outcome !== 'failure') throw new Error(`It answered: ${reply.text}`);
  return reply.failure;
}

/** Of what a script has started. */
const pidOf = async (file: string) => {
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await delay(20);
  return Number(readFileSync(file, 'utf8'));
};
const gone = async (pid: number) => {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    // Killed, and not waited for by whoever adopted it.
    if (/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return true;
    await delay(20);
  }
};
describe('an inference script that runs here', () => {
  const inference = `
import json, os
def model_fn(model_dir):
    print("loads", flush=True)
    return sorted(os.listdir(model_dir))
def input_fn(body, content_type):
    print("reads", content_type)
    return json.loads(body)
def predict_fn(data, model):
    if "fail" in data:
        raise ValueError(data["fail"])
    return {"scores": data["scores"], "labels": model}
def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
`;
  const model = () => {
    const place = path.join(folder, 'weights');
    mkdirSync(place, { recursive: true });
    for (const name of ['cat', 'dog']) writeFileSync(path.join(place, name), '');
    return { folder: place };
  };
  const target = (): ScriptTarget => ({ kind: 'script', file: script('inference', inference), model: model() });

  test('answers with its model, tells what it printed for exactly this request, and stays loaded', async () => {
    const one = target();
    const first = await asked(one, { scores: [1, 2] });
    expect(first).toMatchObject({
      outcome: 'answer',
      contentType: 'application/json',
      reading: { kind: 'classes', rows: [[1, 2]], names: ['cat', 'dog'] },
      latency: { cold: true, parts: [{ part: 'start' }, { part: 'code', name: 'model' }, { part: 'rest' }] },
      log: ['reads application/json'],
    });
    const second = await asked(one, { scores: [2, 1] });
    expect(second).toMatchObject({ latency: { cold: false, parts: [{ part: 'code' }, { part: 'rest' }] } });
  });

  test("fails in its container's words, with the line that says what is wrong, and answers the next one", async () => {
    const one = target();
    expect(failureOf(await asked(one, { fail: 'the picture is grey' }))).toMatchObject({
      kind: 'code',
      message: 'the_script.py failed: ValueError: the picture is grey',
      evidence: 'It answered 500.',
      said: expect.stringContaining('Traceback') as string,
    });
    expect(await asked(one, { scores: [1, 2] })).toMatchObject({ outcome: 'answer', latency: { cold: false } });
  });

  test('is loaded anew when it has changed', async () => {
    await asked(target(), { scores: [1, 2] });
    const changed = target();
    writeFileSync(changed.file, inference.replace('"labels": model', '"labels": ["x", "y"]'));
    utimesSync(changed.file, new Date(), new Date(Date.now() + 5000));
    expect(await asked(changed, { scores: [1, 2] })).toMatchObject({ reading: { names: ['x', 'y'] } });
  });

  test('without a model where it is said to be', async () => {
    const missing = { ...target(), model: { folder: path.join(folder, 'nowhere') } };
    expect(failureOf(await asked(missing, {})).message).toContain(`There is no folder ${path.join(folder, 'nowhere')}`);
    const gone: ScriptTarget = { kind: 'script', file: path.join(folder, 'gone.py') };
    expect(failureOf(await asked(gone, {}))).toMatchObject({ kind: 'gone' });
  });
});

describe('a Lambda handler that runs here', () => {
  test('that cannot be loaded is told by its own lines: neither by Python’s nor by those that load it', async () => {
    const { evidence, said } = failureOf(await asked(handler('unset', '\nimport os\nos.environ["NOT_SET"]\n'), {}));
    expect(evidence).toBe('the_script.py, line 3.');
    expect(said).toContain('line 3, in <module>');
    expect(said).not.toContain('run_script.py');
  });

  test('gets event and context, and its answer loses its wrappings as in a cloud', async () => {
    const text = `
import json
def lambda_handler(event, context):
    print("asked for", event["n"])
    left = context.get_remaining_time_in_millis()
    assert 0 < left <= 20000 and context.aws_request_id
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps([event["n"], float("nan")])}
`;
    const reply = await asked(handler('plain', text), { n: 1.5 });
    expect(reply).toMatchObject({
      outcome: 'answer',
      text: '[1.5, NaN]',
      reading: { heading: '1 of 2 numbers are NaN or infinite' },
      steps: [{ name: 'Payload' }, { name: 'statusCode and body' }],
      log: ['asked for 1.5'],
    });
  });

  test.each([
    ['a missing module', 'import no_such_module.x\n', /ModuleNotFoundError/, /^Install no_such_module for the Python/],
    ['a syntax error', 'x = 1\ndef lambda_handler(event, context)\n    return 1\n', /SyntaxError/, undefined],
    ['no such function', 'def other(event, context): pass\n', /AttributeError/, undefined],
    ['its own end', 'import sys\nsys.exit(3)\n', /SystemExit: 3/, undefined],
  ])('is not loaded for %s', async (what, text, message, advice) => {
    const failure = failureOf(await asked(handler(`load ${what}`, text), {}));
    expect(failure).toMatchObject({ kind: 'code', said: expect.stringMatching(message) as string });
    expect(failure.message).toMatch(message);
    if (what === 'a syntax error') expect(failure.evidence).toBe('the_script.py, line 2.');
    if (advice) expect(failure.advice).toMatch(advice);
  });

  test.each([
    [
      'raises',
      'raise KeyError("url")',
      {
        said: expect.stringContaining('line 2, in lambda_handler') as string,
        message: "the_script.py lambda_handler failed: KeyError: 'url'",
      },
    ],
    ['returns what is no JSON', 'return {1, 2}', { advice: expect.stringContaining('json.dumps') as string }],
    ['calls for its end', 'import sys; sys.exit(4)', { message: expect.stringContaining('sys.exit 4') as string }],
    ['ends', 'import os; print("last words", flush=True); os._exit(5)', { said: 'last words' }],
    ['answers 400', 'return {"statusCode": 400, "body": "{\\"error\\": \\"no url\\"}"}', { kind: 'status' }],
  ])('fails when it %s', async (what, line, failure) => {
    const text = `def lambda_handler(event, context):\n    ${line}\n`;
    expect(failureOf(await asked(handler(`fails ${what}`, text), {}))).toMatchObject(failure);
  });

  test('logs as Lambda does: records with their level, errors with their traceback, a line each', async () => {
    const text = `
import logging
logging.getLogger().setLevel(logging.INFO)
def lambda_handler(event, context):
    logging.getLogger().info("asked")
    raise ValueError("grey")
`;
    const { log } = await asked(handler('logs', text), {});
    expect(log?.[0]).toMatch(/^\[INFO\]\t\S+Z\t[0-9a-f-]{36}\tasked$/);
    expect(log?.slice(1, 3)).toEqual(['[ERROR] ValueError: grey', 'Traceback (most recent call last):']);
    expect(log?.some((line) => line.includes('line 6, in lambda_handler'))).toBe(true);
  });

  test('is ended with what it started when it is late, or cancelled, and starts again', async () => {
    const text = `
import subprocess, time
def lambda_handler(event, context):
    if "sleep" not in event:
        return [1, 2]
    child = subprocess.Popen(["sleep", "300"])
    with open(event["sleep"], "w") as file:
        file.write(str(child.pid))
    time.sleep(300)
`;
    const late = path.join(folder, 'late.pid');
    const target = handler('late', text, { timeout: 1 });
    expect(failureOf(await asked(target, { sleep: late }))).toMatchObject({
      kind: 'timeout',
      message: 'the_script.py lambda_handler did not answer within 1 seconds, and was ended.',
    });
    expect(await gone(await pidOf(late))).toBe(true);

    const cancel = new AbortController();
    const cancelled = path.join(folder, 'cancelled.pid');
    const answer = asked({ ...target, timeout: 100 }, { sleep: cancelled }, cancel.signal);
    const pid = await pidOf(cancelled);
    cancel.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(await gone(pid)).toBe(true);
    expect(await asked(target, {})).toMatchObject({ outcome: 'answer' });
  });

  test('is not waited for when it ends and what it started holds its streams', async () => {
    const text = `
import os, subprocess
def lambda_handler(event, context):
    with open(event["file"], "w") as file:
        file.write(str(subprocess.Popen(["sleep", "300"]).pid))
    os._exit(7)
`;
    const file = path.join(folder, 'left.pid');
    expect(failureOf(await asked(handler('leaves', text), { file }))).toMatchObject({
      message: 'the_script.py lambda_handler ended with exit code 7 before it answered.',
    });
    expect(await gone(await pidOf(file))).toBe(true);
  });

  test('ends with the window, however busy it is', async () => {
    const text = `
import os, time
with open(os.environ["PID_FILE"], "w") as file:
    file.write(str(os.getpid()))
latest = time.monotonic() + 300
while time.monotonic() < latest:
    pass
`;
    const file = path.join(folder, 'busy.pid');
    const run = [path.resolve('resources/python/run_script.py'), 'handler', script('busy', text), 'lambda_handler'];
    const start = `require('node:child_process').spawn('/usr/bin/python3', ${JSON.stringify(run)}, { detached: true })`;
    const environment = { ...process.env, WORKBENCH_MARK: 'mark', PID_FILE: file };
    const window = spawn(process.execPath, ['--eval', start], { env: environment });
    const pid = await pidOf(file);
    window.kill('SIGKILL');
    expect(await gone(pid)).toBe(true);
  });

  test('is not run for an event that is no JSON or too large', async () => {
    const target = handler('input', 'raise SystemExit("never")\n');
    expect(failureOf(await asked(target, '{"a": 1,}'))).toMatchObject({
      kind: 'input',
      evidence: 'Line 1, column 9: A key in double quotes belongs here.',
    });
    expect(failureOf(await asked(target, JSON.stringify('x'.repeat(7e6))))).toMatchObject({ kind: 'input' });
  });

  test("has none of the person's keys, and says what boto3 makes of that; of a sandbox it has all that is needed", async () => {
    const text = `
import boto3, os
client = boto3.client("sagemaker-runtime")
def lambda_handler(event, context):
    if "env" in event:
        return {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "WORKBENCH"))}
    return client.invoke_endpoint(EndpointName="x", Body=b"")
`;
    const target = handler('cloud', text);
    const failure = failureOf(await asked(target, {}));
    expect(failure.message).toContain('NoCredentialsError');
    expect(failure.advice).toContain('Connect to the sandbox');
    const environment = await asked(target, { env: true });
    expect(environment.outcome === 'answer' && environment.text).not.toMatch(/AKIAPERSON|secret|WORKBENCH/);
    const cloud = {
      ...{ endpoint: 'http://127.0.0.1:1', region: 'eu-west-1', profile: 'sandbox' },
      ...{ configFile: '/nowhere/config', credentialsFile: '/nowhere/credentials' },
    };
    const inSandbox = await asked(handler('environment', text.replace('client =', '#')), { env: true }, never, cloud);
    if (inSandbox.outcome !== 'answer') throw new Error(inSandbox.failure.message);
    expect(JSON.parse(inSandbox.text)).toEqual({
      ...{ AWS_ENDPOINT_URL: cloud.endpoint, AWS_REGION: cloud.region, AWS_DEFAULT_REGION: cloud.region },
      ...{ AWS_PROFILE: cloud.profile, AWS_CONFIG_FILE: cloud.configFile },
      ...{ AWS_SHARED_CREDENTIALS_FILE: cloud.credentialsFile, AWS_EC2_METADATA_DISABLED: 'true' },
    });
  });
});
