import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { metricsGate } from '../../../src/launch/metricsGate.js';
import { readPrinted } from '../../../src/launch/scanWorkspace.js';
import { readProject } from '../../../src/project/read.js';

const metrics = { loss: 'valid_loss=([0-9.e-]+)', accuracy: 'accuracy: ([0-9.]+)' };
const nothing = { past: undefined, unread: undefined, printed: [] };
const past = (lines: readonly string[], isSameScript = true) => ({ job: 'small-quick-1', lines, isSameScript });
const both = ['epoch=1 valid_loss=0.5', 'accuracy: 0.25', 'epoch=2 valid_loss=4e-1'];

describe('the gate of metrics', () => {
  test('counts the values in the log of an earlier job', () => {
    expect(metricsGate(metrics, { ...nothing, past: past(both) }, 'loss')).toEqual({
      id: 'metrics',
      level: 'green',
      evidence: 'Values in the 3 lines of small-quick-1: loss 2, accuracy 1',
    });
  });

  test('stops a search whose objective the same script has not printed, and warns of any other metric', () => {
    const evidence = { ...nothing, past: past(['loss is 0.5', 'accuracy: 0.25', 'valid_loss=nan']) };
    expect(metricsGate(metrics, evidence, 'loss')).toMatchObject({
      level: 'red',
      evidence: 'loss (valid_loss=([0-9.e-]+)) matched no number in the 3 lines of small-quick-1',
    });
    expect(metricsGate(metrics, evidence, 'accuracy').level).toBe('amber');
    expect(metricsGate(metrics, evidence).level).toBe('amber');
  });

  test('asks a script that has changed since what it prints now', () => {
    const changed = { ...nothing, past: past(['loss is 0.5', 'accuracy: 0.25'], false) };
    const gate = metricsGate(metrics, changed, 'loss');
    expect(gate.level).toBe('amber');
    expect(gate.evidence).toContain('changed since');
    expect(metricsGate(metrics, { ...changed, printed: ['valid_loss=0.25'] }, 'loss').level).toBe('green');
  });

  test('without a log goes by what the script seems to print, and says why there is none', () => {
    const unread = 'no permission';
    expect(metricsGate(metrics, { ...nothing, printed: both }, 'loss').level).toBe('green');
    const gate = metricsGate(metrics, { ...nothing, unread, printed: ['accuracy: 12'] }, 'loss');
    expect(gate).toMatchObject({
      level: 'amber',
      evidence: expect.stringMatching(/^loss .*: no permission$/) as string,
    });
    expect(metricsGate(metrics, { ...nothing, unread }, 'loss')).toMatchObject({ level: 'green' });
  });

  test('does not hang on a regex that backtracks without end', () => {
    const evidence = { ...nothing, past: past([`${'a'.repeat(60)}!`, ...both]) };
    expect(metricsGate({ ...metrics, bad: '((a+)+)$' }, evidence, 'bad')).toMatchObject({
      level: 'red',
      evidence: expect.stringMatching(/^bad \(/) as string,
    });
  });

  test('reads what the sample prints in all of its scripts', async () => {
    const files = ['train.py', 'trainer.py', 'ranks.py'].map((name) => {
      const absolute = path.resolve('training', name);
      return { path: name, absolute, size: 1 };
    });
    const printed = (await readPrinted(files, 'train.py'))!;
    const sample = readProject(readFileSync(path.resolve('training', 'sagemaker.jsonc'), 'utf8')).project!;
    for (const job of Object.values(sample.jobs)) {
      expect(metricsGate(job.metrics, { ...nothing, printed }).level).toBe('green');
    }
    expect(metricsGate({ other: 'Validation Loss: ([0-9.]+)' }, { ...nothing, printed }, 'other').level).toBe('amber');
  });
});
