import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Mutate } from '../../src/aws/change.js';
import type { Cloud } from '../../src/aws/cloud.js';
import { connect } from '../../src/aws/load.js';
import { deploy } from '../../src/hosting/deploy.js';
import { ask as askAnybody, type Asking } from '../../src/testBench/ask.js';
import { askEndpoint } from '../../src/testBench/askEndpoint.js';
import type { LabelSource } from '../../src/testBench/labels.js';
import { labelSources } from '../../src/testBench/labelSources.js';
import { LocalScripts } from '../../src/testBench/localScripts.js';
import { ModelFolders } from '../../src/testBench/modelFolders.js';
import { askedOnce } from '../../src/testBench/namedClasses.js';
import { stagePicture } from '../../src/testBench/stagePicture.js';
import { labelsInArchive, ModelLabels } from '../../src/testBench/modelLabels.js';
import { namedClasses } from '../../src/testBench/namedClasses.js';
import { predict } from '../../src/testBench/predict.js';
import { endpointLogGroup } from '../../src/logs/followLog.js';
import { logTail } from '../../src/logs/logTail.js';
import { outcomeOf } from '../../src/ui/panels/testBenchView.js';
import { type Files, tarGz } from '../support/archives.js';
import { inferenceImage } from '../support/images.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

/** Answers numbers without names, fails, or waits: as the body says. */
const handler = `
import json, time

def model_fn(model_dir):
    return None

def input_fn(body, content_type):
    return json.loads(body)

def predict_fn(wanted, model):
    if "sleep" in wanted:
        print("falls asleep", flush=True)
        time.sleep(wanted["sleep"])
    if "fail" in wanted:
        raise ValueError(wanted["fail"])
    return wanted["answer"]

def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
`;
const never = new AbortController().signal;
const send: Mutate = (change) => change.send();
const workspace = (names: readonly string[]): LabelSource[] => [{ from: 'labels.txt', read: async () => names }];

let sandbox: SandboxProcess;
let cloud: Cloud;

beforeAll(async () => {
  sandbox = await SandboxProcess.start();
  cloud = await connect(sandbox.source);
  await cloud.objects.createBucket('bench-models').send();
  await host('named', { 'model.txt': 'weights', 'labels.json': '{"0": "cat", "1": "dog"}' });
  await host('nameless', { 'model.txt': 'weights' });
});
afterAll(async () => {
  cloud.close();
  await sandbox.stop();
});

async function host(name: string, files: Files): Promise<void> {
  const archive = await tarGz({ ...files, 'code/inference.py': handler });
  await cloud.objects.write({ bucket: 'bench-models', key: `${name}/model.tar.gz` }, archive, never);
  const plan = {
    ...{ endpoint: name, config: name, model: name, image: inferenceImage, program: 'inference.py', tags: {} },
    ...{ roleArn: sandbox.ready.executionRoleArn, region: sandbox.ready.region },
    modelData: `s3://bench-models/${name}/model.tar.gz`,
    environment: { SAGEMAKER_MODEL_SERVER_WORKERS: '1' },
    instance: { type: 'ml.m5.large', count: 1 },
  };
  await deploy(cloud, send, plan, { entry: 'endpoints.it', usdPerHour: undefined }, () => undefined, never);
}

async function ask(endpoint: string, body: object, sources: LabelSource[] = [], signal = never, expected?: string) {
  const target = { kind: 'endpoint', name: endpoint } as const;
  const content = new TextEncoder().encode(JSON.stringify(body));
  const reply = await askEndpoint(
    cloud,
    target,
    { body: content, contentType: 'application/json', accept: '*/*' },
    signal,
  );
  const model = new ModelLabels().source(cloud, endpoint, reply.variant);
  const named =
    reply.outcome === 'answer' && reply.reading.kind === 'classes'
      ? await namedClasses(reply.reading, [model, ...sources], signal)
      : undefined;
  return outcomeOf({ id: 1, target, connection: 'the sandbox', expected }, reply, named);
}

describe('the test bench', () => {
  test("takes the names of an answer without any from labels.json in the model's archive, and knows the true class", async () => {
    const outcome = await ask('named', { answer: [[0, 3]] }, workspace(['x', 'y']), never, '002.Dog');
    expect(outcome).toMatchObject({
      type: 'answer',
      sent: { contentType: 'application/json' },
      content: {
        rows: [
          {
            classes: [
              { name: 'dog', index: 1, score: '3.00', correct: true },
              { name: 'cat', correct: false },
            ],
          },
        ],
        names: ['Names come from labels.json in the model.'],
        expected: '002.Dog',
      },
    });
  });

  test('says that the names of the model do not fit, and takes those of the workspace', async () => {
    expect(await ask('named', { answer: [1, 2, 3] }, workspace(['x', 'y', 'z']))).toMatchObject({
      content: {
        rows: [{ classes: [{ name: 'z' }, { name: 'y' }, { name: 'x' }] }],
        names: ['Names come from labels.txt.', 'Not used: labels.json in the model (2 names for 3 numbers).'],
      },
    });
  });

  test("shows the course's 133 numbers as breeds, nearly uniform", async () => {
    const file = readFileSync(path.resolve('test/fixtures/answers/lambda-response-133.json'), 'utf8');
    const answer: unknown = JSON.parse((JSON.parse(file) as { body: string }).body);
    expect(await ask('nameless', { answer })).toMatchObject({
      content: {
        rows: [
          { flat: true, classes: expect.arrayContaining([expect.objectContaining({ name: 'Basenji' })]) as unknown },
        ],
        names: ['Names come from the 133 dog breeds of the course.'],
      },
    });
  });

  test('shows what is no answer of classes as it is, and NaN as what it is', async () => {
    expect(await ask('nameless', { answer: { status: 'ok' } })).toMatchObject({
      text: '{"status": "ok"}',
      content: { kind: 'other', heading: 'An answer without classes' },
    });
    const body = new TextEncoder().encode('{"answer": [NaN, 1]}');
    const answer = await predict(cloud, 'nameless', body, 'application/json', [], never);
    expect(answer).toMatchObject({ text: '[NaN, 1]', classes: undefined });
  });

  test("shows a failing handler's own words, with its log", async () => {
    expect(await ask('nameless', { fail: 'the picture is grey' })).toMatchObject({
      type: 'failure',
      message: 'The model behind nameless failed: ValueError: the picture is grey',
      evidence: 'The container answered 500.',
      said: expect.stringContaining('Traceback') as string,
      logged: true,
      gone: false,
    });
  });

  test('tells an endpoint that is gone from one that fails', async () => {
    expect(await ask('deleted-meanwhile', {})).toMatchObject({ gone: true, logged: false });
  });

  test('sends nothing above 6 MB, and says how much it is', async () => {
    expect(await ask('nameless', { answer: 'x'.repeat(7 * 1024 * 1024) })).toMatchObject({
      message: expect.stringContaining('at most 6 MB, and this is 7.0 MB') as string,
    });
  });

  test('cancels while the model still works, and asks it once', async () => {
    const since = new Date();
    const cancel = new AbortController();
    const answer = ask('nameless', { sleep: 20, answer: [1, 2] }, [], cancel.signal);
    const calls = async () => {
      const lines = await logTail(cloud.logs, endpointLogGroup('nameless'), since, 100, never);
      return lines.filter((line) => line.includes('falls asleep')).length;
    };
    while ((await calls()) === 0) await delay(50);
    cancel.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(await calls()).toBe(1);
  });
});

describe('labelsInArchive', () => {
  test('reads no further than the labels', async () => {
    const archive = await tarGz({
      './labels.json': '["a"]',
      'model.pth': randomBytes(1_000_000),
    });
    let taken = 0;
    const chunks = function* () {
      for (let at = 0; at < archive.length; at += 256) yield archive.subarray(at, (taken = at + 256));
    };
    const text = await labelsInArchive(Readable.from(chunks()), never);
    expect({ text, all: taken >= archive.length }).toEqual({ text: '["a"]', all: false });
  });

  test('finds none where there are none, and says what is wrong with a broken archive', async () => {
    expect(await labelsInArchive(Readable.from([await tarGz({ 'model.pth': 'x' })]), never)).toBeUndefined();
    await expect(labelsInArchive(Readable.from([Buffer.from('no archive')]), never)).rejects.toThrow();
  });

  test('puts a picture behind a URL that anybody may read, and takes it away again', async () => {
    const content = randomBytes(1000);
    const place = { bucket: 'bench-models', prefix: 'pets' };
    const staged = await stagePicture(cloud, send, place, content, never);
    expect(staged.address).toMatch(/^s3:\/\/bench-models\/pets\/test-bench\//);
    const got = await fetch(staged.url);
    expect(Buffer.from(await got.arrayBuffer()).equals(content)).toBe(true);
    await staged.remove();
    expect((await fetch(staged.url)).status).toBe(404);
    const nowhere = stagePicture(cloud, send, { ...place, bucket: 'no-such-bucket' }, content, never);
    await expect(nowhere).rejects.toThrow('There is no bucket no-such-bucket');
  });

  test('unpacks a model for a script once, anew when it has changed, and knows it without the cloud', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'models-'));
    try {
      const models = new ModelFolders(root);
      const archive = 's3://bench-models/changing/model.tar.gz';
      const put = async (text: string) =>
        cloud.objects.write(
          { bucket: 'bench-models', key: 'changing/model.tar.gz' },
          await tarGz({ 'model.txt': text, 'code/inference.py': handler }),
          never,
        );
      const folder = () => models.folderOf({ archive }, async () => cloud, never);
      await put('first');
      const first = await folder();
      expect(readFileSync(path.join(first, 'model.txt'), 'utf8')).toBe('first');
      expect(await folder()).toBe(first);
      await put('second');
      const second = await folder();
      expect(readFileSync(path.join(second, 'model.txt'), 'utf8')).toBe('second');
      const away = () => Promise.reject(new Error('the cloud is away'));
      expect(await models.folderOf({ archive }, away, never)).toBe(second);
      await expect(models.folderOf({ archive: `${archive}.old` }, away, never)).rejects.toThrow('the cloud is away');
      const none = models.folderOf({ archive: 's3://bench-models/none.tar.gz' }, async () => cloud, never);
      await expect(none).rejects.toThrow('There is no s3://bench-models/none.tar.gz');
      expect(readdirSync(path.dirname(second))).toEqual([path.basename(second)]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test('asks the model behind a target for the names of its classes, and no more than once in a batch', async () => {
    const scripts = new LocalScripts({
      resources: path.resolve('resources/python'),
      python: async () => '/usr/bin/python3',
      models: new ModelFolders(mkdtempSync(path.join(tmpdir(), 'models-'))),
      environment: process.env,
    });
    const asking: Asking = { cloud: async () => cloud, scripts };
    const file = path.resolve('test/fixtures/small/inference.py');
    const model = { archive: 's3://bench-models/named/model.tar.gz' };
    const question = {
      body: new TextEncoder().encode('{"answer": [1, 2]}'),
      contentType: 'application/json',
      accept: '',
    };
    for (const target of [
      { kind: 'endpoint', name: 'named' },
      { kind: 'script', file, model },
    ] as const) {
      const reply = await askAnybody(asking, target, question, never);
      const [source] = labelSources(asking, new ModelLabels(), reply).map(askedOnce);
      expect(await source?.read(never)).toEqual(['cat', 'dog']);
      const calls = await sandbox.calls();
      expect(await source?.read(never)).toEqual(['cat', 'dog']);
      expect((await sandbox.calls())['sagemaker:DescribeEndpoint']).toBe(calls['sagemaker:DescribeEndpoint']);
    }
    scripts.dispose();
  });

  test('asks the variant that is meant, and tells one that is not there', async () => {
    const question = {
      body: new TextEncoder().encode('{"answer": [1, 2]}'),
      contentType: 'application/json',
      accept: '',
    };
    const asked = (variant: string) =>
      askEndpoint(cloud, { kind: 'endpoint', name: 'named', variant }, question, never);
    expect(await asked('AllTraffic')).toMatchObject({ outcome: 'answer', variant: 'AllTraffic' });
    expect(await asked('Canary')).toMatchObject({
      outcome: 'failure',
      failure: { message: expect.stringContaining('Canary') as string },
      requestId: expect.any(String) as string,
    });
  });
});
