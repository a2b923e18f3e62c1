import { expect, test } from 'vitest';
import { asJobFailed, JobFailed, transferFailure } from '../../../src/sandbox/engines/training/trainingFailure.js';

const noSpace = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

test('a disk that a job has filled is a ClientError that says what to do, whatever could not be written', () => {
  const words = "No space left on the disk of the sandbox's data folder. Free some, then start the job again.";
  expect(asJobFailed(noSpace).message).toBe(`ClientError: ${words}`);
  expect(transferFailure('Artifact upload failed', noSpace).message).toBe(
    `ClientError: Artifact upload failed:${words}`,
  );
});

test('a fault of the sandbox is an InternalServerError, and a reason that is known stays', () => {
  expect(asJobFailed(new TypeError('x')).message).toBe('InternalServerError: x');
  const known = new JobFailed('AlgorithmError: y', 1);
  expect(asJobFailed(known)).toBe(known);
});
