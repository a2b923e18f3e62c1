import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Connections } from '../../src/aws/connections.js';
import { connect } from '../../src/aws/load.js';
import { deleteEndpoint } from '../../src/hosting/deleteEndpoint.js';
import { Inventory } from '../../src/inventory/inventory.js';
import { type MainJobEvent, runMainJob } from '../../src/launch/mainJob.js';
import { planTraining } from '../../src/launch/planTraining.js';
import { planTuning } from '../../src/launch/planTuning.js';
import { trainingOfTrial } from '../../src/launch/proposeTraining.js';
import { RunHistory } from '../../src/launch/runHistory.js';
import { openSession, type Session } from '../../src/launch/session.js';
import { uploadInputs } from '../../src/launch/submitJob.js';
import { submitTraining } from '../../src/launch/train.js';
import { submitTuning } from '../../src/launch/tune.js';
import { readProject } from '../../src/project/read.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

const never = new AbortController().signal;
/** Best at a width of 32 and a rate near 3. Leaves what it was called with. */
const script = `
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--width", type=int, required=True)
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--note", required=True)
options = parser.parse_args()
with open(os.path.join(os.environ["SM_MODEL_DIR"], "options.json"), "w") as file:
    json.dump(vars(options), file)
print("loss=%r" % ((options.rate - 3) ** 2 + abs(options.width - 32)))
`;
/** Answers with what the model's script was called with. */
const handler = `
import json, os
def model_fn(model_dir):
    with open(os.path.join(model_dir, "options.json")) as file:
        return json.load(file)
def transform_fn(options, body, content_type, accept):
    return json.dumps(options), "application/json"
`;
const common = `"script": "train.py", "channels": { "training": "data.some" },
  "instance": { "type": "ml.m5.xlarge" }, "metrics": { "loss": "loss=([0-9.e+-]+)" }`;
const project = `{
  "name": "tiny",
  "data": { "some": { "path": "data" } },
  "jobs": {
    "tune": { "kind": "tuning", ${common}, "strategy": "Random", "randomSeed": 1, "maxJobs": 4, "maxParallelJobs": 2,
      "objective": { "metric": "loss", "type": "Minimize" }, "hyperparameters": { "epochs": 2, "note": "a b" },
      "ranges": { "rate": { "min": 1, "max": 5 }, "width": [16, "32"] } },
    "best": { "kind": "training", ${common}, "hyperparameters": { "from": "jobs.tune", "epochs": 20 } }
  },
  "endpoints": { "pets": { "model": { "from": "jobs.tune" }, "inference": "inference.py", "instance": { "type": "ml.m5.large" } } }
}`;

let workspace: string;
let scratch: string;
let sandbox: SandboxProcess;
let connections: Connections;
let inventory: Inventory;
let runs: RunHistory;
let session: Session;

beforeAll(async () => {
  sandbox = await SandboxProcess.start();
});
afterAll(() => sandbox.stop());
beforeEach(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'tuning '));
  workspace = path.join(scratch, 'work');
  await mkdir(path.join(workspace, 'data'), { recursive: true });
  await writeFile(path.join(workspace, 'train.py'), script);
  await writeFile(path.join(workspace, 'data', 'a.csv'), '1,2\n');
  connections = new Connections({ kind: 'sandbox' }, () => {
    return connect({ ...sandbox.source, executionRole: sandbox.ready.executionRoleArn });
  });
  inventory = new Inventory(connections);
  runs = new RunHistory(
    inventory,
    connections,
    () => true,
    () => undefined,
  );
  session = await sessionOf(project);
});
afterEach(async () => {
  [runs, inventory, connections].forEach((one) => one.dispose());
  await rm(scratch, { recursive: true, force: true });
});

async function sessionOf(text: string): Promise<Session> {
  const cloud = await connections.cloud();
  const now = () => new Date();
  const reading = readProject(text);
  expect(reading.diagnostics).toEqual([]);
  return openSession(workspace, 'work', reading.project!, cloud, now, () => undefined);
}

const role = () => session.cloud.connection.executionRole;

/** Launches `jobs.tune`, and waits until its record is complete. */
async function tune() {
  const planned = await planTuning(session, 'tune', scratch, role(), never);
  const ready = { ...planned, ready: planned.ready! };
  await uploadInputs(session, ready, () => undefined, never);
  const { id } = await submitTuning(session, ready, never);
  return ended(id);
}

async function ended(id: string) {
  // As the launch commands do it: the window looks at what it has just made.
  inventory.touch('tuning-job');
  inventory.touch('training-job');
  await runs.read(workspace);
  for (;;) {
    const record = runs.find(id)?.record;
    if (record?.ended !== undefined) return record;
    await delay(50);
  }
}

/** What the script was called with, as it wrote it into the model of a job. */
async function calledWith(trainingJob: string): Promise<unknown> {
  const { hyperparameters } = await session.cloud.trainingJobs.describe(trainingJob, never);
  return Object.fromEntries(
    ['rate', 'width', 'epochs', 'note'].map((name) => [name, JSON.parse(hyperparameters[name] ?? 'null') as unknown]),
  );
}

test('a search is launched, ends with its winner in the record, and a training job runs with the winner’s values', async () => {
  const search = await tune();
  const { cloud } = session;
  const tuningJob = await cloud.tuningJobs.describe(search.id, never);
  const { best } = tuningJob;
  expect(tuningJob.trials.completed).toBe(4);
  expect(search).toMatchObject({
    entry: 'jobs.tune',
    outcome: 'Completed',
    results: {
      metrics: { loss: best?.objective },
      winner: {
        trial: best?.name,
        hyperparameters: { epochs: 2, note: 'a b', rate: Number(best?.hyperparameters['rate']) },
      },
    },
  });
  const [made] = (await session.ledger.resources()).filter(({ kind }) => kind === 'tuning-job');
  expect(made).toMatchObject({ name: search.id, run: search.id, entry: 'jobs.tune' });
  expect(made?.until).toBeDefined();
  expect(made?.usdPerHour).toBeCloseTo(2 * 0.23);
  // An endpoint that takes its model from the search gets the winner's.
  const winnerModel = (await cloud.trainingJobs.describe(best!.name, never)).model;
  expect(runs.lastModel(workspace, 'jobs.tune')?.results.model).toBe(winnerModel);
  expect(runs.findSearch(best!.name)?.record.id).toBe(search.id);

  const planned = await planTraining(session, 'best', scratch, role(), never);
  const gate = planned.gates.find(({ id }) => id === 'hyperparameters');
  expect(gate?.evidence).toContain(`from ${search.id}, trial ${best?.name}, loss `);
  expect(gate?.evidence).toMatch(/rate=.*; of this entry: epochs=20$/);
  const ready = { ...planned, ready: planned.ready! };
  await uploadInputs(session, ready, () => undefined, never);
  const training = await ended((await submitTraining(session, ready, never)).id);
  expect(training).toMatchObject({ outcome: 'Completed', results: { metrics: { loss: best?.objective } } });
  const { rate, width } = (await calledWith(best!.name)) as { rate: number; width: string };
  expect(await calledWith(training.id)).toEqual({ rate, width, epochs: 20, note: 'a b' });
});

test('the newest search counts, unless another one is asked for; without any, the error says what to launch', async () => {
  await expect(planTraining(session, 'best', scratch, role(), never)).rejects.toThrow(
    'jobs.tune has no search on this connection that ended with a best trial',
  );
  const first = await tune();
  session = await sessionOf(project.replace('"randomSeed": 1', '"randomSeed": 2'));
  const second = await tune();
  const rateSent = async (tuningJob?: string) => {
    const { ready } = await planTraining(session, 'best', scratch, role(), never, tuningJob);
    return JSON.parse(ready?.request.HyperParameters?.['rate'] ?? '') as unknown;
  };
  const rateOf = ({ results }: typeof first) => results.winner?.hyperparameters['rate'];
  expect(rateOf(first)).not.toBe(rateOf(second));
  expect(await rateSent()).toBe(rateOf(second));
  expect(await rateSent(first.id)).toBe(rateOf(first));
});

test('a search of which no trial has a value has no winner, and says why it failed', async () => {
  await writeFile(path.join(workspace, 'train.py'), 'raise RuntimeError("no such thing")');
  session = await sessionOf(project.replace('"maxJobs": 4', '"maxJobs": 2'));
  const search = await tune();
  expect(search.outcome).toBe('Failed');
  expect(search.failure).toBeDefined();
  expect(search.results).toEqual({});
  await expect(planTraining(session, 'best', scratch, role(), never)).rejects.toThrow('no search on this connection');
});

test('a search that another program has made becomes an entry with its winner’s values', async () => {
  const search = await tune();
  const trial = await session.cloud.trainingJobs.describe(search.results.winner!.trial, never);
  const entry = trainingOfTrial(trial);
  const { project: read, diagnostics } = readProject(JSON.stringify({ jobs: { best: entry } }));
  expect(diagnostics).toEqual([]);
  expect(read?.jobs['best']).toMatchObject({
    script: 'train.py',
    hyperparameters: search.results.winner?.hyperparameters,
    metrics: { loss: 'loss=([0-9.e+-]+)' },
  });
});

test('the record of a search says what was sent, to the byte', async () => {
  const planned = await planTuning(session, 'tune', scratch, role(), never);
  expect(planned.name).toMatch(/^tiny-tune-\d{6}-\d{9}$/);
  expect(planned.gates.map(({ id, level }) => `${id} ${level}`)).toContain('search green');
  const ready = { ...planned, ready: planned.ready! };
  await uploadInputs(session, ready, () => undefined, never);
  const { id } = await submitTuning(session, ready, never);
  const saved = JSON.parse(await readFile(path.join(workspace, '.sagemaker', 'runs', `${id}.json`), 'utf8')) as {
    requests: Record<string, unknown>;
  };
  expect(saved.requests).toEqual({ CreateHyperParameterTuningJob: planned.ready?.request });
  await ended(id);
});

/** The main job, and what it told of its steps and its trials. */
async function mainJob(tell: (event: MainJobEvent) => void = () => undefined, signal = never) {
  const events: MainJobEvent[] = [];
  const report = (event: MainJobEvent) => {
    events.push(event);
    tell(event);
  };
  const options = { role: sandbox.ready.executionRoleArn, reuse: true, confirm: () => Promise.resolve(true), signal };
  return { result: await runMainJob(session, { ...options, report }), events };
}

test('the main job of an endpoint with a search’s model searches, and serves the winner; again, it makes nothing', async () => {
  await writeFile(path.join(workspace, 'inference.py'), handler);
  session = await sessionOf(project.replace('"maxJobs": 4', '"maxJobs": 2'));
  const { result, events } = await mainJob();
  const { cloud } = session;
  const { best } = await cloud.tuningJobs.describe(result!.job, never);
  expect(result).toMatchObject({ metrics: { loss: best?.objective }, endpoint: 'tiny-pets' });
  expect(result!.model).toBe((await cloud.trainingJobs.describe(best!.name, never)).model);
  const ended = events.flatMap((event) => (event.type === 'search' ? [event.job.trials.completed] : []));
  expect(ended.at(-1)).toBe(2);
  const question = {
    endpoint: 'tiny-pets',
    body: Buffer.from('?'),
    contentType: 'text/csv',
    accept: 'application/json',
  };
  const { width, ...others } = (await calledWith(best!.name)) as { width: string };
  expect(JSON.parse(Buffer.from((await cloud.runtime.invoke(question, never)).body).toString())).toEqual({
    ...others,
    width: Number(width),
  });

  const again = await mainJob();
  expect(again.result).toMatchObject({ job: result!.job, model: result!.model, endpoint: 'tiny-pets' });
  expect(again.events).toEqual([
    { type: 'reused', step: 'train', name: result!.job },
    { type: 'reused', step: 'deploy', name: 'tiny-pets' },
    { type: 'step', step: 'predict' },
  ]);
  await deleteEndpoint(cloud, session.mutate('clean-up'), 'tiny-pets', never);
});

test('a search is stopped when the main job is cancelled, and its record says so', async () => {
  await writeFile(path.join(workspace, 'inference.py'), handler);
  await writeFile(path.join(workspace, 'train.py'), 'import time\ntime.sleep(600)\n');
  const cancel = new AbortController();
  const running = mainJob((event) => {
    if (event.type === 'search' && event.job.trials.inProgress > 0) cancel.abort();
  }, cancel.signal);
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  const [record] = await session.runs.list();
  expect(record).toMatchObject({ entry: 'jobs.tune', outcome: 'Cancelled' });
  expect((await session.cloud.tuningJobs.describe(record!.id, never)).state).toBe('Stopped');
  expect((await session.ledger.resources()).find(({ kind }) => kind === 'tuning-job')?.until).toBeDefined();
});

test('metrics are tried on the log of an earlier trial: an objective that the same script has not printed stops the launch', async () => {
  const one = project.replace('"maxJobs": 4, "maxParallelJobs": 2', '"maxJobs": 1, "maxParallelJobs": 1');
  const wrong = one.replaceAll('loss=([0-9.e+-]+)', 'Loss: ([0-9.e+-]+)');
  const metrics = async (text: string) => {
    session = await sessionOf(text);
    const planned = await planTuning(session, 'tune', scratch, role(), never);
    return { ...planned.gates.find(({ id }) => id === 'metrics'), isReady: planned.ready !== undefined };
  };
  expect(await metrics(one)).toMatchObject({ level: 'green', evidence: 'loss: each regex has a group for its number' });
  // No log yet, and what a script prints is read, not run: worth a look.
  expect(await metrics(wrong)).toMatchObject({ level: 'amber', isReady: true });

  session = await sessionOf(one);
  const trial = (await tune()).results.winner!.trial;
  const found = await metrics(one);
  expect(found).toMatchObject({ level: 'green', isReady: true });
  expect(found.evidence).toMatch(new RegExp(`^Values in the \\d+ lines of ${trial}: loss 1$`));
  const lost = await metrics(wrong);
  expect(lost).toMatchObject({ level: 'red', isReady: false });
  expect(lost.evidence).toMatch(new RegExp(`matched no number in the \\d+ lines of ${trial}$`));
  await writeFile(path.join(workspace, 'train.py'), `${script}\n`);
  expect(await metrics(wrong)).toMatchObject({ level: 'amber', isReady: true });
});
