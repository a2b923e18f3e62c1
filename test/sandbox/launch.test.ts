import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Cloud } from '../../src/aws/cloud.js';
import { smallObject } from '../../src/aws/limits.js';
import { connect } from '../../src/aws/load.js';
import { UserError } from '../../src/core/errors.js';
import { deleteEndpoint } from '../../src/hosting/deleteEndpoint.js';
import { findEndpoint } from '../../src/hosting/deploy.js';
import { type MainJobEvent, runMainJob } from '../../src/launch/mainJob.js';
import { openSession, type Session } from '../../src/launch/session.js';
import type { Summary } from '../../src/launch/summary.js';
import { readProject } from '../../src/project/read.js';
import { TransferManifest } from '../../src/transfer/manifest.js';
import { planUpload, uploadFolder } from '../../src/transfer/uploadFolder.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

/** A project whose script needs nothing but Python, so that a whole run takes seconds. */
const files = {
  'sagemaker.jsonc': `{
    "name": "tiny",
    "data": { "pets": { "path": "data/pets" } },
    "jobs": {
      "fit": {
        "kind": "training",
        "script": "train.py",
        "channels": { "training": "data.pets" },
        "instance": { "type": "ml.m5.xlarge", "count": 1 },
        "hyperparameters": { "epochs": 2 },
        "metrics": { "loss": "loss=([0-9.]+)" }
      }
    },
    "endpoints": {
      "pets": {
        "model": { "from": "jobs.fit" },
        "inference": "inference.py",
        "instance": { "type": "ml.m5.large", "count": 1 }
      }
    }
  }`,
  'train.py': `
import os, sys
print("epochs", sys.argv[-1])
print("loss=0.25", flush=True)
with open(os.path.join(os.environ["SM_MODEL_DIR"], "model.txt"), "w") as file:
    file.write(" ".join(sorted(os.listdir(os.environ["SM_CHANNEL_TRAINING"] + "/train"))))
`,
  'inference.py': `
import json, os
def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.txt")) as file:
        return file.read().split()
def input_fn(body, content_type):
    return bytes(body)
def predict_fn(data, classes):
    return {"scores": [1.0 if data.decode() == name else 0.0 for name in classes], "labels": classes}
def output_fn(prediction, accept):
    return json.dumps(prediction), "application/json"
`,
  'data/pets/train/cat/1.png': 'cat',
  'data/pets/train/dog/1.png': 'dog',
  'data/pets/test/cat/2.png': 'cat',
  'data/pets/test/dog/2.png': 'dog',
};

let sandbox: SandboxProcess;
let cloud: Cloud;
let workspace: string;
let session: Session;
const never = new AbortController().signal;

beforeAll(async () => {
  sandbox = await SandboxProcess.start();
  cloud = await connect(sandbox.source);
});
afterAll(async () => {
  cloud.close();
  await sandbox.stop();
});
beforeEach(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'));
  for (const [name, content] of Object.entries(files)) await write(name, content);
  session = await open();
  return () => rm(workspace, { recursive: true, force: true });
});

async function write(name: string, content: string | Buffer): Promise<void> {
  const file = path.join(workspace, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function open(): Promise<Session> {
  const { project, diagnostics } = readProject(await readFile(path.join(workspace, 'sagemaker.jsonc'), 'utf8'));
  expect(diagnostics).toEqual([]);
  return openSession(
    workspace,
    'workspace',
    project!,
    cloud,
    () => new Date(),
    () => undefined,
  );
}

const run = (report: (event: MainJobEvent) => void = () => undefined, signal = never, reuse = false) =>
  runMainJob(session, {
    role: sandbox.ready.executionRoleArn,
    reuse,
    confirm: () => Promise.resolve(true),
    report,
    signal,
  });

const alive = async () => (await session.ledger.resources()).filter(({ until }) => !until).map(({ kind }) => kind);

describe('a project', () => {
  test('is uploaded, trained, deployed and asked, with a record of every step, and deleted without a trace', async () => {
    const events: MainJobEvent[] = [];
    const result = await run((event) => events.push(event));

    expect(result?.metrics).toEqual({ loss: 0.25 });
    expect(result?.predictions.map(({ sample, answer }) => [sample.expected, answer.classes?.[0]?.name])).toEqual([
      ['cat', 'cat'],
      ['dog', 'dog'],
    ]);
    const log = events.flatMap((event) => (event.type === 'log' ? event.lines.map(({ message }) => message) : []));
    expect(log.filter((line) => line === 'loss=0.25')).toHaveLength(1);
    expect(log).toContain('epochs 2');

    const [deployment, training] = await session.runs.list();
    expect([deployment?.outcome, training?.outcome]).toEqual(['InService', 'Completed']);
    expect(training).toMatchObject({ entry: 'jobs.fit', results: { model: result?.model, metrics: { loss: 0.25 } } });

    // Again with nothing changed: nothing is sent, and the endpoint moves over to the new model.
    events.length = 0;
    await run((event) => events.push(event));
    expect(events.some(({ type }) => type === 'upload')).toBe(false);
    expect((await alive()).filter((kind) => kind === 'endpoint' || kind === 'model')).toHaveLength(2);

    await deleteEndpoint(cloud, session.mutate('clean-up'), 'tiny-pets', never);
    expect(await findEndpoint(cloud, 'tiny-pets', never)).toBeUndefined();
    expect((await alive()).filter((kind) => kind !== 'bucket' && kind !== 'objects')).toEqual([]);
  });

  test('takes what an earlier run has made as long as nothing that goes into it has changed', async () => {
    const done = async (): Promise<string[]> => {
      const events: MainJobEvent[] = [];
      await run((event) => events.push(event), never, true);
      return events.flatMap((event) =>
        event.type === 'step' ? [event.step] : event.type === 'reused' ? [`${event.step} reused`] : [],
      );
    };
    expect(await done()).toEqual(['upload', 'train', 'deploy', 'predict']);
    const made = await session.ledger.resources();
    expect(await done()).toEqual(['train reused', 'deploy reused', 'predict']);
    expect(await session.ledger.resources()).toEqual(made);

    await write('data/pets/train/cat/1.png', 'another cat');
    expect(await done()).toEqual(['upload', 'train', 'deploy', 'predict']);
    await deleteEndpoint(cloud, session.mutate('clean-up'), 'tiny-pets', never);
    expect(await done()).toEqual(['train reused', 'deploy', 'predict']);
    await deleteEndpoint(cloud, session.mutate('clean-up'), 'tiny-pets', never);
  });

  test('says why a job failed, and records it', async () => {
    await write('train.py', 'raise ValueError("no pets here")');
    await expect(run()).rejects.toThrow(/^Training job tiny-fit-.* failed: AlgorithmError: .*no pets here/s);
    expect(await session.runs.list()).toMatchObject([{ entry: 'jobs.fit', outcome: 'Failed' }]);
  });

  test('shows the traceback of a model that does not come into service', async () => {
    await write('inference.py', 'def model_fn(model_dir):\n    raise OSError("weights are missing")\n');
    await expect(run()).rejects.toThrow(/did not come into service: .*OSError: weights are missing/s);
    await deleteEndpoint(cloud, session.mutate('clean-up'), 'tiny-pets', never);
  });

  test('says when another deployment has taken the place of this one', async () => {
    const first = await run();
    // Another person's deployment, in the moment in which ours has come into service.
    const { endpoints } = cloud;
    const own = await findEndpoint(cloud, first!.endpoint, never);
    const [ModelName] = await endpoints.models(own!.config, never);
    const variant = {
      VariantName: 'AllTraffic',
      ModelName,
      InitialInstanceCount: 1,
      InstanceType: 'ml.m5.large',
    } as const;
    const theirs = { EndpointConfigName: 'theirs', ProductionVariants: [variant] };
    await session.mutate('theirs')(endpoints.createConfig(theirs));
    const meddled = Object.assign(Object.create(endpoints) as typeof endpoints, {
      describe: async (name: string, signal: AbortSignal) => {
        const found = await endpoints.describe(name, signal);
        if (found.state === 'InService' && ![own!.config, 'theirs'].includes(found.config)) {
          await session.mutate('theirs')(endpoints.update(name, 'theirs'));
          return endpoints.describe(name, signal);
        }
        return found;
      },
    });
    session = { ...session, cloud: { ...cloud, endpoints: meddled } };
    await expect(run()).rejects.toThrow(
      /^Endpoint tiny-pets was moved on to theirs by another deployment: deploy again/,
    );
    await deleteEndpoint(cloud, session.mutate('clean-up'), 'tiny-pets', never);
  });

  test('is not launched when a gate is red, and then nothing is made', async () => {
    await write('secret.py', `KEY = "AKIA${'Q7WERTYUIOPASDFG'}"`);
    const summaries: Summary[] = [];
    const launching = runMainJob(session, {
      role: 'NoSuchRole',
      reuse: false,
      confirm: async (shown) => summaries.push(...shown) > 0,
      report: () => undefined,
      signal: never,
    });
    await expect(launching).rejects.toThrow(UserError);
    const red = summaries[0]?.gates.filter(({ level }) => level === 'red').map(({ id }) => id);
    expect(red).toEqual(['role', 'source']);
    expect(await session.ledger.resources()).toEqual([]);
  });

  test('really stops its job when it is cancelled, and waits until it has stopped', async () => {
    await write('train.py', 'import time\nprint("started", flush=True)\ntime.sleep(600)\n');
    const cancel = new AbortController();
    const running = run((event) => {
      if (event.type === 'log' && event.lines.some(({ message }) => message === 'started')) cancel.abort();
    }, cancel.signal);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    const [record] = await session.runs.list();
    expect(record?.outcome).toBe('Cancelled');
    expect((await cloud.trainingJobs.describe(record!.id, never)).state).toBe('Stopped');
    expect(await alive()).not.toContain('training-job');
  });
});

test('a file in parts has the ETag that we expect of it, so it is not sent twice', async () => {
  await write('large/weights.bin', Buffer.alloc(smallObject * 2 + 17, 'weights'));
  const region = await cloud.objects.bucketRegion(session.bucket, never);
  if (region === undefined) await session.mutate('test')(cloud.objects.createBucket(session.bucket));
  const plan = async () => {
    // Without what the last upload remembered: ETags alone tell.
    const manifest = await TransferManifest.open(path.join(workspace, 'none', `${Math.random()}.json`));
    const target = { bucket: session.bucket, prefix: 'parts/' };
    return { manifest, ...(await planUpload(cloud.objects, path.join(workspace, 'large'), target, manifest, never)) };
  };
  const first = await plan();
  await session.mutate('test')(uploadFolder(cloud.objects, first, first.manifest, never, () => undefined));
  expect([first.send.length, (await plan()).send.length]).toEqual([1, 0]);
});

test('wrong keys and a cloud that is not there end in a sentence', async () => {
  const { endpoint, region } = sandbox.ready;
  await write('credentials', '[wrong]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n');
  const wrong = { profile: 'wrong', region, credentialsFile: path.join(workspace, 'credentials') };
  await expect(connect({ ...wrong, endpoint })).rejects.toThrow(/does not know the keys of profile "wrong"/);
  await expect(connect({ ...wrong, endpoint: 'http://127.0.0.1:9' })).rejects.toThrow(/cannot be reached/);
});
