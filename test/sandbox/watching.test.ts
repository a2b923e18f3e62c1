import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Connections } from '../../src/aws/connections.js';
import { connect } from '../../src/aws/load.js';
import { Inventory } from '../../src/inventory/inventory.js';
import { JobWatches } from '../../src/jobs/jobWatch.js';
import { planTraining } from '../../src/launch/planTraining.js';
import { type EndedRun, RunHistory } from '../../src/launch/runHistory.js';
import { newRecord, openSession } from '../../src/launch/session.js';
import { uploadInputs } from '../../src/launch/submitJob.js';
import { submitTraining } from '../../src/launch/train.js';
import { readProject } from '../../src/project/read.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

const never = new AbortController().signal;
const script = `
import os, time
for epoch in range(1, 5):
    print(f"epoch={epoch} loss={1 / epoch:.3f}", flush=True)
    time.sleep(0.4)
open(os.path.join(os.environ["SM_MODEL_DIR"], "m"), "w").close()
`;
const project = `{
  "name": "tiny",
  "data": { "some": { "path": "data" } },
  "jobs": { "fit": { "kind": "training", "script": "train.py", "channels": { "training": "data.some" },
    "instance": { "type": "ml.m5.xlarge", "count": 1 }, "metrics": { "loss": "loss=([0-9.]+)" } } }
}`;

let folder: string;
let workspace: string;
let sandbox: SandboxProcess;
const open: { dispose(): void }[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watching '));
  workspace = path.join(folder, 'work');
  await mkdir(path.join(workspace, 'data'), { recursive: true });
  await writeFile(path.join(workspace, 'train.py'), script);
  await writeFile(path.join(workspace, 'data', 'a.csv'), '1,2\n');
  sandbox = await SandboxProcess.start({ dataDir: path.join(folder, 'data') });
});
afterEach(async () => {
  open.splice(0).forEach((one) => one.dispose());
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A window: its connections, and what it keeps of the cloud. */
function window() {
  const connections = new Connections({ kind: 'sandbox' }, () => {
    return connect({ ...sandbox.source, executionRole: sandbox.ready.executionRoleArn });
  });
  const inventory = new Inventory(connections);
  const runs = new RunHistory(
    inventory,
    connections,
    () => true,
    () => undefined,
  );
  open.push(connections, inventory, runs);
  return { connections, inventory, runs };
}

/** Launches the job as a window does, which then lets go of it. */
async function launch(connections: Connections): Promise<string> {
  const cloud = await connections.cloud();
  const now = () => new Date();
  const session = await openSession(workspace, 'work', readProject(project).project!, cloud, now, () => undefined);
  const planned = await planTraining(session, 'fit', folder, cloud.connection.executionRole, never);
  const ready = { ...planned, ready: planned.ready! };
  await uploadInputs(session, ready, () => undefined, never);
  return (await submitTraining(session, ready, never)).id;
}

async function until(check: () => unknown): Promise<void> {
  while (!check()) await delay(20);
}

test('a run that nobody watched to its end is completed by the next window that sees it, and told once', async () => {
  const first = window();
  const id = await launch(first.connections);
  first.runs.dispose();
  first.inventory.dispose();

  const next = window();
  const ended: EndedRun[] = [];
  next.runs.onDidEnd((run) => ended.push(run));
  await next.runs.read(workspace);
  expect(next.runs.last(workspace, 'jobs.fit')).toMatchObject({ id });
  await until(() => ended.length > 0);
  expect(ended[0]?.record).toMatchObject({ id, outcome: 'Completed', results: { metrics: { loss: 0.25 } } });
  expect(next.runs.lastModel(workspace, 'jobs.fit')?.results.model).toMatch(/^s3:.*model\.tar\.gz$/);
  await next.runs.read(workspace);
  await delay(1500);
  expect(ended).toHaveLength(1);
});

test('what another window has written down and not made yet is waited for; after two minutes it is gone', async () => {
  const { connections, runs } = window();
  const cloud = await connections.cloud();
  const now = () => new Date();
  const session = await openSession(workspace, 'work', readProject(project).project!, cloud, now, () => undefined);
  const young = newRecord(session, 'tiny-fit-1', 'jobs.fit');
  const old = { ...young, id: 'tiny-fit-0', started: new Date(Date.now() - 180_000).toISOString() };
  await session.runs.save(young);
  await session.runs.save(old);
  const ended: EndedRun[] = [];
  runs.onDidEnd((run) => ended.push(run));
  await runs.read(workspace);
  await until(() => ended.length > 0);
  expect(ended.map(({ record }) => [record.id, record.outcome])).toEqual([['tiny-fit-0', 'Gone']]);
  expect(runs.last(workspace, 'jobs.fit')?.ended).toBeUndefined();
});

test('a job is watched live by all who look, once; its curve has a point for each epoch', async () => {
  const { connections } = window();
  const id = await launch(connections);
  const watches = new JobWatches(connections, () => 1000);
  const [panel, document] = [watches.use(id), watches.use(id)];
  expect(panel.watch).toBe(document.watch);
  await until(() => panel.watch.lines.some(({ message }) => message.startsWith('epoch=1 ')));
  expect(panel.watch.detail?.state).toBe('InProgress');
  await until(() => panel.watch.isOver);
  expect(panel.watch.series?.all[0]?.points).toEqual(
    [1, 2, 3, 4].map((x) => ({ x, value: Number((1 / x).toFixed(3)) })),
  );
  expect(panel.watch.detail?.state).toBe('Completed');
  panel.dispose();
  document.dispose();
});

test('watching goes on where it was when the sandbox is started anew, and no line comes twice', async () => {
  const { connections } = window();
  const id = await launch(connections);
  const { watch, dispose } = new JobWatches(connections, () => 1000).use(id);
  open.push({ dispose });
  await until(() => watch.lines.some(({ message }) => message.startsWith('epoch=1 ')));
  const dataDir = path.join(folder, 'data');
  await sandbox.stop('SIGKILL');
  await until(() => watch.problem !== undefined);
  sandbox = await SandboxProcess.start({ dataDir });
  connections.reset();
  await connections.cloud();
  await until(() => watch.isOver);
  // The job did not survive the kill, and says so; its log did.
  expect(watch.detail).toMatchObject({
    state: 'Failed',
    failure: expect.stringContaining('the sandbox ended') as unknown,
  });
  const first = watch.lines.filter(({ message }) => message.startsWith('epoch=1 '));
  expect(first).toHaveLength(1);
});
