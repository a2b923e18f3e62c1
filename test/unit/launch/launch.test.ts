import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Change, Receipt } from '../../../src/aws/change.js';
import { UserError } from '../../../src/core/errors.js';
import { burn } from '../../../src/costs/running.js';
import { Ledger } from '../../../src/launch/ledger.js';
import { mutator } from '../../../src/launch/mutate.js';
import { type RunRecord, RunRecords } from '../../../src/launch/runRecord.js';
import { samplesOf } from '../../../src/launch/samples.js';
import { labelsOf } from '../../../src/testBench/pictures.js';
import { StateFolder } from '../../../src/launch/stateFolder.js';
import { summaryText } from '../../../src/launch/summary.js';

let workspace: string;
let state: StateFolder;
let time: number;

beforeEach(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'launch-'));
  state = await StateFolder.open(workspace);
  time = Date.UTC(2026, 10, 22);
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

const scope = { account: '123456789012', region: 'us-east-1', run: 'run-1' };
const change = (
  effect: Change['effect'],
  name: string,
  send: () => Promise<Receipt> = () => Promise.resolve({ requestId: 'r-1', arn: `arn:${name}` }),
  kind: Change['kind'] = 'endpoint',
): Change => ({ operation: 'Some', kind, effect, name, send });
const hour = 3_600_000;

describe('mutate and the ledger', () => {
  const open = () => {
    const ledger = new Ledger(state.ledger(), () => new Date(time));
    const log: string[] = [];
    return { ledger, log, mutate: mutator(ledger, scope, (line) => log.push(line)) };
  };

  test('write a change down before it is sent and after it is answered, with its request id', async () => {
    const { mutate, log } = open();
    let before = '';
    await mutate(
      change('create', 'e', async () => {
        before = await readFile(state.ledger(), 'utf8');
        return { requestId: 'r-9', arn: 'arn:e' };
      }),
      { entry: 'endpoints.e', usdPerHour: 0.5 },
    );
    const lines = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines(before)).toMatchObject([
      { line: 'sent', name: 'e', entry: 'endpoints.e', run: 'run-1', usdPerHour: 0.5 },
    ]);
    expect(lines(await readFile(state.ledger(), 'utf8'))[1]).toMatchObject({
      line: 'done',
      requestId: 'r-9',
      arn: 'arn:e',
    });
    expect(log).toEqual(['Some e: done, request r-9']);
  });

  test('keep a failed call with its reason and pass its error on', async () => {
    const { mutate, ledger } = open();
    const cause = Object.assign(new Error('limit'), { $metadata: { requestId: 'r-2' } });
    const failing = mutate(change('create', 'e', () => Promise.reject(new UserError('Too many.', { cause }))));
    await expect(failing).rejects.toThrow('Too many.');
    expect(await readFile(state.ledger(), 'utf8')).toMatch(/"line":"failed".*"requestId":"r-2","error":"Too many\."/);
    expect(await ledger.resources()).toEqual([]);
  });

  test('know what exists, since when, until when, and what it has cost', async () => {
    const { mutate, ledger } = open();
    await mutate(change('create', 'kept'), { usdPerHour: 1 });
    await mutate(change('create', 'gone'), { usdPerHour: 2 });
    await mutate(change('create', 'job', undefined, 'training-job'), { usdPerHour: 4 });
    time += hour;
    await mutate(change('delete', 'gone'));
    await ledger.ended('training-job', 'job', scope);
    time += hour;
    const resources = await ledger.resources();
    expect(resources.map(({ name, until }) => [name, until !== undefined])).toEqual([
      ['kept', false],
      ['gone', true],
      ['job', true],
    ]);
    expect(burn(resources, new Date(time))).toEqual({ usdPerHour: 1, spentUsd: 2 + 2 + 4 });
  });

  test('count a call without an answer as made: the process may have ended after it', async () => {
    const { ledger } = open();
    await ledger.sending(change('create', 'maybe'), {}, scope);
    expect((await ledger.resources()).map(({ name }) => name)).toEqual(['maybe']);
  });

  test('count what got no answer as there: the connection may have broken after the call', async () => {
    const { mutate, ledger } = open();
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', $metadata: { attempts: 3 } });
    const broken = () => Promise.reject(new UserError('SageMaker cannot be reached.', { cause: reset }));
    await expect(mutate(change('create', 'e', broken), { usdPerHour: 1 })).rejects.toThrow('cannot be reached');
    expect(await ledger.resources()).toMatchObject([{ name: 'e', usdPerHour: 1, until: undefined }]);
    await expect(mutate(change('delete', 'e', broken))).rejects.toThrow('cannot be reached');
    expect(await ledger.resources()).toMatchObject([{ name: 'e', until: undefined }]);
  });

  test('do not call a change failed that was made, when the ledger cannot be written after it', async () => {
    const { mutate, ledger } = open();
    const making = change('create', 'e', async () => {
      await rename(state.ledger(), `${state.ledger()}.kept`);
      await mkdir(state.ledger());
      return { requestId: 'r-1', arn: 'arn:e' };
    });
    await expect(mutate(making)).rejects.toThrow(/^The ledger cannot be written\. .*ledger\.jsonl is a folder/);
    await rmdir(state.ledger());
    await rename(`${state.ledger()}.kept`, state.ledger());
    expect(await ledger.resources()).toMatchObject([{ name: 'e', until: undefined }]);
  });

  test('send nothing that cannot be written down', async () => {
    const { mutate } = open();
    await mkdir(state.ledger());
    let sent = false;
    const making = change('create', 'e', () => {
      sent = true;
      return Promise.resolve({ requestId: undefined, arn: undefined });
    });
    await expect(mutate(making)).rejects.toThrow(UserError);
    expect(sent).toBe(false);
  });

  test('survive a line that a crash cut short', async () => {
    const { mutate, ledger } = open();
    await mutate(change('create', 'a'));
    await appendFile(state.ledger(), '\n{"line":"sent","id":"x","na');
    await mutate(change('create', 'b'));
    expect((await ledger.resources()).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('keep clouds apart that have resources of one name', async () => {
    const { mutate, ledger } = open();
    await mutate(change('create', 'e'));
    await mutator(ledger, { ...scope, region: 'eu-west-1' }, () => undefined)(change('create', 'e'));
    await mutate(change('delete', 'e'));
    const left = (await ledger.resources()).filter(({ until }) => !until);
    expect(left.map(({ region }) => region)).toEqual(['eu-west-1']);
  });

  test('let an update keep the age of what it changes', async () => {
    const { mutate, ledger } = open();
    await mutate(change('create', 'e'), { usdPerHour: 1 });
    time += hour;
    await mutate(change('update', 'e'), { usdPerHour: 2 });
    expect(await ledger.resources()).toMatchObject([{ since: new Date(time - hour), usdPerHour: 2 }]);
  });
});

describe('run records', () => {
  const record: RunRecord = {
    version: 1,
    id: 'dogs-1',
    entry: 'jobs.best',
    connection: { profile: 'sandbox', account: '1', region: 'r', endpoint: 'http://127.0.0.1:1/' },
    requests: { CreateTrainingJob: { TrainingJobName: 'dogs-1' } },
    data: [],
    started: '2026-11-22T10:00:00.000Z',
    outcome: 'Completed',
    results: { model: 's3://b/dogs-1/model.tar.gz' },
  };

  test('are written whole, and come back newest first', async () => {
    const runs = new RunRecords(state);
    await runs.save(record);
    await runs.save({ ...record, id: 'dogs-2', started: '2026-11-22T11:00:00.000Z' });
    await writeFile(path.join(state.runs(), 'broken.json'), '{');
    expect((await runs.list()).map(({ id }) => id)).toEqual(['dogs-2', 'dogs-1']);
    expect((await readdir(state.runs())).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('need a workspace that can be written, and say so', async () => {
    const readOnly = path.join(workspace, 'closed');
    await writeFile(readOnly, '');
    await expect(StateFolder.open(readOnly)).rejects.toThrow(/^What is made here cannot be written down\. .*closed/);
  });

  test('and the rest of our state stay out of git', async () => {
    expect(await readFile(path.join(workspace, '.sagemaker/.gitignore'), 'utf8')).toBe('*\n');
  });
});

test('a summary says where, what is made at what price, and every gate with what to do', () => {
  const text = summaryText({
    entry: 'jobs.best',
    connection: {
      profile: 'dev',
      billed: true,
      account: '123456789012',
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:1/',
    },
    changes: [
      { effect: 'creates', kind: 'bucket', name: 'b' },
      { effect: 'creates', kind: 'training-job', name: 'j', estimate: { usdPerHour: 0.23, maximumUsd: 0.46 } },
      { effect: 'updates', kind: 'endpoint', name: 'e', estimate: undefined },
    ],
    gates: [
      { id: 'name', level: 'green', evidence: 'fine' },
      { id: 'role', level: 'red', evidence: 'There is no role x', fix: 'Create it.' },
    ],
  });
  expect(text).toEqual([
    'jobs.best in account 123456789012, us-east-1 (http://127.0.0.1:1/)',
    '  creates bucket b',
    expect.stringMatching(/^ {2}creates training-job j: about \$0\.23\/h, at most \$0\.46 \(estimate: /),
    '  updates endpoint e: price unknown',
    '  ok    name: fine',
    '  STOP  role: There is no role x',
    '        Create it.',
  ]);
});

test('samples come from the test split, one of each class, and labels are numbered as ImageFolder does', async () => {
  for (const file of ['train/b/1.png', 'train/a/1.png', 'test/a/2.txt', 'test/a/3.jpg', 'test/b/1.png']) {
    await mkdir(path.dirname(path.join(workspace, file)), { recursive: true });
    await writeFile(path.join(workspace, file), '');
  }
  expect(await labelsOf(workspace)).toEqual(['a', 'b']);
  expect(
    (await samplesOf(workspace, 5, new AbortController().signal)).map(({ file, contentType, expected }) => [
      path.basename(file),
      contentType,
      expected,
    ]),
  ).toEqual([
    ['3.jpg', 'image/jpeg', 'a'],
    ['1.png', 'image/png', 'b'],
  ]);
});
