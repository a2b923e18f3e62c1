import { describe, expect, test } from 'vitest';
import { algorithmError, ErrorMessage, failureText, missingModule } from '../../../src/container/failure.js';

function messageOf(...lines: string[]): string {
  const message = new ErrorMessage();
  for (const line of lines) message.add(line);
  return message.toString();
}

describe('ErrorMessage', () => {
  test('begins with the first line that names a Python error, and keeps what follows', () => {
    expect(
      messageOf('epoch 1', 'Traceback (most recent call last):', '  File "a.py", line 3', 'ValueError: bad', 'bye'),
    ).toBe('ValueError: bad\n bye');
  });

  test('is empty when no line names one', () => {
    expect(messageOf('Loss diverged', 'Segmentation fault')).toBe('');
  });

  test('drops repeated lines, and blanks and colons at the ends', () => {
    expect(messageOf('RuntimeError: x:', ' RuntimeError: x', 'next')).toBe('RuntimeError: x\n next');
  });

  test('stays bounded however much is printed', () => {
    const message = new ErrorMessage();
    for (let i = 0; i < 100_000; i++) message.add(`ValueError ${i} ${'x'.repeat(100)}`);
    expect(message.toString().length).toBeLessThan(40_000);
  });
});

describe('failureText', () => {
  test('reads as the toolkit writes it', () => {
    const command = ['/usr/bin/python3', 'hpo.py', '--batch_size', '64'];
    expect(failureText('ExecuteUserScriptError', { exitCode: 1, message: 'ValueError: bad', command })).toBe(
      'ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: bad"\nCommand "/usr/bin/python3 hpo.py --batch_size 64"',
    );
  });

  test('explains 137', () => {
    expect(failureText('ExecuteUserScriptError', { exitCode: 137, message: '', command: ['x'] })).toBe(
      'ExecuteUserScriptError:\nExitCode 137\nErrorMessage ""\nExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"\nCommand "x"',
    );
  });
});

describe('algorithmError', () => {
  test('never exceeds FailureReason’s 1,024 characters, and always shows the status and the hint', () => {
    const reason = algorithmError('🐕'.repeat(2000), 1, 'Install it.');
    expect(reason.length).toBeLessThanOrEqual(1024);
    expect(reason).toMatch(/^AlgorithmError: 🐕+, exit code: 1\. Install it\.$/u);
  });

  test('is short for a container that says nothing', () => {
    expect(algorithmError('', 139)).toBe('AlgorithmError: , exit code: 139');
  });
});

test('the missing module is the package, not its part', () => {
  expect(missingModule("ModuleNotFoundError: No module named 'sklearn.svm'")).toBe('sklearn');
  expect(missingModule('ImportError: cannot import name x')).toBeUndefined();
});
