import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { environmentAlone } from '../../src/sandbox/engines/process/isolation.js';
import type { Provisioned } from '../../src/sandbox/engines/functions.js';
import { keysFor } from '../support/engineBench.js';
import { evaluate, FunctionBench } from '../support/functionBench.js';
import { refused } from '../support/refused.js';

let bench: FunctionBench;
beforeAll(() => {
  bench = new FunctionBench();
});
afterAll(() => bench.close());

/** Counts its invocations: who answers 1 is a new environment. */
const counting = `
import os, time
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    time.sleep(event.get("sleep", 0))
    return [count, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
`;

describe('environments', () => {
  test('are as many as invocations at a time, and serve again', async () => {
    const spec = bench.spec(counting, { name: 'several' });
    const together = await Promise.all([1, 2, 3].map(() => bench.invoke(spec, { sleep: 1 })));
    expect(together.map(({ value }) => (value as number[])[0])).toEqual([1, 1, 1]);
    expect((await bench.invoke(spec)).value).toEqual([2, 'on-demand']);
    expect(bench.values('ConcurrentExecutions', { FunctionName: 'several' })).toEqual([1, 2, 3, 1]);
    expect(bench.values('Invocations', { FunctionName: 'several', Resource: 'several' })).toEqual([1, 1, 1, 1]);
  });

  test('of another revision start anew', async () => {
    const spec = bench.spec(counting, { name: 'revised' });
    await bench.invoke(spec);
    const revised = { ...spec, revision: 'second', environment: { CHANGED: '1' } };
    expect((await bench.invoke(revised)).value).toEqual([1, 'on-demand']);
  });

  test('end before the keys of their role do', async () => {
    let lasts = 30_000;
    const spec = bench.spec(counting, { name: 'expiring', keys: () => keysFor(lasts) });
    await bench.invoke(spec);
    lasts = 3_600_000;
    expect((await bench.invoke(spec)).value).toEqual([1, 'on-demand']);
    expect((await bench.invoke(spec)).value).toEqual([2, 'on-demand']);
  });

  test('that wait too long, or of which too many wait, end', async () => {
    const impatient = new FunctionBench({ limits: { idleMs: 300, idle: 1 } });
    try {
      const spec = impatient.spec(counting);
      await Promise.all([1, 2].map(() => impatient.invoke(spec, { sleep: 0.5 })));
      await vi.waitFor(() => expect(environmentFolders(impatient)).toHaveLength(0), 20_000);
      expect((await impatient.invoke(spec)).value).toEqual([1, 'on-demand']);
    } finally {
      await impatient.close();
    }
  });

  test('that have ended by themselves serve nobody, also while what they left still writes', async () => {
    const apart = new FunctionBench({ isolation: Promise.resolve(environmentAlone) });
    try {
      const spec = apart.spec(evaluate);
      const daemon = 'subprocess.Popen(["sleep", "3"], start_new_session=True).pid';
      const { value } = await apart.invoke(
        spec,
        `[${daemon}, os.getpid(), threading.Timer(0.2, os._exit, [1]).start()]`,
      );
      const [, pid] = value as [number, number];
      await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000);
      expect((await apart.invoke(spec, 'seen')).value).toEqual(['seen']);
    } finally {
      await apart.close();
    }
  });

  test('of a function that is removed end, and leave nothing', async () => {
    const own = new FunctionBench();
    try {
      const spec = own.spec(counting);
      await own.invoke(spec);
      const running = own.invoke(spec, { sleep: 1 });
      own.engine.remove(spec.name);
      expect((await running).value).toEqual([2, 'on-demand']);
      await vi.waitFor(() => expect(environmentFolders(own)).toHaveLength(0), 20_000);
    } finally {
      await own.close();
    }
  });
});

describe('concurrency', () => {
  test('of the account is used up: the next one is refused, and measured', async () => {
    const small = new FunctionBench({ concurrency: 2 });
    try {
      const spec = small.spec(counting);
      const running = [1, 2].map(() => small.invoke(spec, { sleep: 1 }));
      expect(await refused(small.invoke(spec))).toMatchObject({
        ...{ name: 'TooManyRequestsException', status: 429, message: 'Rate Exceeded.' },
        members: { Reason: 'ConcurrentInvocationLimitExceeded' },
      });
      await Promise.all(running);
      expect(small.values('Throttles', { FunctionName: 'predict' })).toEqual([1, 0, 0]);
      expect((await small.invoke(spec)).error).toBeUndefined();
    } finally {
      await small.close();
    }
  });

  test('that is reserved limits its function, and the others have what is left', async () => {
    const small = new FunctionBench({ concurrency: 3 });
    try {
      const [own, other] = [small.spec(counting, { name: 'own' }), small.spec(counting, { name: 'other' })];
      small.engine.reserve('own', 2);
      const running = [own, own, other].map((spec) => small.invoke(spec, { sleep: 1 }));
      const reason = async (spec: typeof own) => (await refused(small.invoke(spec)))['members'];
      expect(await reason(own)).toMatchObject({ Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' });
      expect(await reason(other)).toMatchObject({ Reason: 'ConcurrentInvocationLimitExceeded' });
      await Promise.all(running);
      small.engine.reserve('own', 0);
      expect(await reason(own)).toMatchObject({ Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' });
    } finally {
      await small.close();
    }
  });
});

describe('provisioned environments', () => {
  const resource = { FunctionName: 'warm', Resource: 'warm:live' };

  async function until(qualifier: string, wanted: Partial<Provisioned>, name = 'warm'): Promise<void> {
    await vi.waitFor(() => expect(bench.engine.provisioned(name, qualifier)).toMatchObject(wanted), 30_000);
  }

  test('are there before they are asked for; what they cannot serve spills over; a crashed one is replaced', async () => {
    const spec = bench.spec(counting, { name: 'warm', version: '1' });
    bench.engine.provision('warm', 'live', spec, 1);
    expect(bench.engine.provisioned('warm', 'live')).toMatchObject({
      requested: 1,
      allocated: 0,
      status: 'IN_PROGRESS',
    });
    await until('live', { allocated: 1, available: 1, status: 'READY' });
    const live = { qualifier: 'live' };
    const answers = await Promise.all([1, 2].map(() => bench.invoke(spec, { sleep: 1 }, live)));
    expect(answers.map(({ value }) => value)).toEqual([
      [1, 'provisioned-concurrency'],
      [1, 'on-demand'],
    ]);
    expect(answers[0]?.logTail).not.toContain('Init Duration');
    expect(bench.values('ProvisionedConcurrencyInvocations', resource)).toEqual([1]);
    expect(bench.values('ProvisionedConcurrencySpilloverInvocations', resource)).toEqual([1]);
    expect(bench.values('ProvisionedConcurrencyUtilization', resource)).toEqual([1, 1]);
    expect(bench.values('Invocations', { ...resource, ExecutedVersion: '1' })).toEqual([1, 1]);

    // Without the qualifier nothing is provisioned.
    expect((await bench.invoke(spec)).value).toEqual([2, 'on-demand']);
    const crashing = { ...bench.spec(evaluate, { name: 'crashing', version: '1' }) };
    bench.engine.provision('crashing', '1', crashing, 1);
    await until('1', { status: 'READY' }, 'crashing');
    await bench.invoke(crashing, 'os._exit(1)', { qualifier: '1' });
    await until('1', { status: 'READY' }, 'crashing');
    const { value } = await bench.invoke(crashing, 'os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]', { qualifier: '1' });
    expect(value).toBe('provisioned-concurrency');
  });

  test('that start for a version of which nothing is left do not keep the next one from starting', async () => {
    const gone = { ...bench.spec(counting, { name: 'moved', version: '1' }), codeFile: '/gone.zip' };
    bench.engine.provision('moved', 'live', gone, 1);
    bench.engine.provision('moved', 'live', bench.spec(counting, { name: 'moved', version: '2' }), 1);
    await until('live', { status: 'READY' }, 'moved');
  });

  test('that start go on when more of them are wanted', async () => {
    const spec = bench.spec('import time\ntime.sleep(1)\ndef lambda_handler(event, context): pass', {
      ...{ name: 'growing', version: '1' },
    });
    bench.engine.provision('growing', '1', spec, 1);
    await vi.waitFor(() => expect(starts('growing')).toBe(1), 20_000);
    bench.engine.provision('growing', '1', { ...spec }, 2);
    await until('1', { status: 'READY', allocated: 2 }, 'growing');
    expect(starts('growing')).toBe(2);
  });

  const starts = (name: string) =>
    bench.log.filter(({ group, message }) => group.endsWith(name) && message.startsWith('INIT_START')).length;

  test('that cannot load the handler fail, with the reason', async () => {
    bench.engine.provision('failing', 'live', bench.spec('import nothing_there', { name: 'failing', version: '1' }), 2);
    await until('live', { status: 'FAILED', statusReason: 'FUNCTION_ERROR_INIT_FAILURE', allocated: 0 }, 'failing');
    bench.engine.provision('failing', 'live', bench.spec(counting, { name: 'failing', version: '1' }), 1);
    await until('live', { status: 'READY' }, 'failing');
    bench.engine.provision('failing', 'live', bench.spec(counting, { name: 'failing', version: '1' }), 0);
    expect(bench.engine.provisioned('failing', 'live')).toBeUndefined();
  });
});

function environmentFolders(of: FunctionBench): string[] {
  return readdirSync(`${of.dataDir}/environments`).filter((name) => name !== 'code');
}
