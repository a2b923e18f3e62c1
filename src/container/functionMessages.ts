/**
 * What Lambda writes in a function's log and answers for it when its runtime cannot. The forms are the "new style" of the
 * developer guide, "Lambda execution environment lifecycle"; what the guide does not show is quoted from public threads.
 */

import { maxAnswerBytes } from './functionEnvironment.js';

/** How an environment failed, beside what its handler raised. */
export type EnvironmentFailure =
  | { readonly kind: 'timeout'; readonly seconds: number }
  | { readonly kind: 'memory' }
  /** Exit status as a shell gives it. */
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'tooLarge' };

/** `Status: timeout`, or `Status: error` with its type, at the end of a report. */
export type ReportStatus = { readonly status: 'timeout' } | { readonly status: 'error'; readonly errorType: string };

export function failureType(failure: EnvironmentFailure): string {
  switch (failure.kind) {
    case 'timeout':
      return 'Sandbox.Timedout';
    case 'memory':
      return 'Runtime.OutOfMemory';
    case 'exit':
      return 'Runtime.ExitError';
    case 'tooLarge':
      return 'Function.ResponseSizeTooLarge';
  }
}

/**
 * The answer's payload. Timeout: seek-oss/aws-codedeploy-hooks, CHANGELOG 2.1.3. Too large: moto, test_lambda_invoke.
 * Exit: aws-lambda-runtime-interface-emulator, internal/lambda/rapid. Lambda says "signal: killed" of memory, too; its
 * report alone names Runtime.OutOfMemory (amazon-connect-voicemail, troubleshooting), and we name it in both.
 */
export function failurePayload(failure: EnvironmentFailure, requestId: string): Record<string, string> {
  const errorType = failureType(failure);
  if (failure.kind === 'tooLarge') {
    return {
      errorMessage: `Response payload size exceeded maximum allowed payload size (${maxAnswerBytes} bytes).`,
      errorType,
    };
  }
  return { errorType, errorMessage: `RequestId: ${requestId} Error: ${failureText(failure)}` };
}

function failureText(failure: Exclude<EnvironmentFailure, { kind: 'tooLarge' }>): string {
  switch (failure.kind) {
    case 'timeout':
      return `Task timed out after ${failure.seconds.toFixed(2)} seconds`;
    case 'memory':
      return 'Runtime exited with error: signal: killed';
    case 'exit':
      return exitText(failure.status);
  }
}

/** As Go's os/exec words it. */
function exitText(status: number): string {
  if (status === 0) return 'Runtime exited without providing a reason';
  const signal = goSignals[status - 128];
  return `Runtime exited with error: ${signal === undefined ? `exit status ${status}` : `signal: ${signal}`}`;
}

/** Signals that end a process, in the words of Go's syscall package. */
const goSignals: Readonly<Record<number, string>> = {
  1: 'hangup',
  2: 'interrupt',
  3: 'quit',
  4: 'illegal instruction',
  5: 'trace/breakpoint trap',
  6: 'aborted',
  7: 'bus error',
  8: 'floating point exception',
  9: 'killed',
  10: 'user defined signal 1',
  11: 'segmentation fault',
  12: 'user defined signal 2',
  13: 'broken pipe',
  14: 'alarm clock',
  15: 'terminated',
};

/** Lambda names here a version of its own runtime and that one's ARN; there is none of ours. */
export function initStartLine(pythonVersion: string): string {
  return `INIT_START Runtime Version: python:${pythonVersion}`;
}

/** Written for a start that failed, and always for a provisioned one. `phase` 'invoke': the second try. */
export function initReportLine(durationMs: number, phase: 'init' | 'invoke', failed?: ReportStatus): string {
  return [`INIT_REPORT Init Duration: ${ms(durationMs)}`, `Phase: ${phase}`, ...statusFields(failed)].join('\t');
}

export function startLine(requestId: string, version: string): string {
  return `START RequestId: ${requestId} Version: ${version}`;
}

export function endLine(requestId: string): string {
  return `END RequestId: ${requestId}`;
}

export interface InvocationReport {
  readonly requestId: string;
  readonly durationMs: number;
  /** Of the environment's start, when this invocation caused it. */
  readonly initMs: number | undefined;
  /** MB */
  readonly memorySize: number;
  /** Bytes */
  readonly memoryUsed: number;
  readonly failed: ReportStatus | undefined;
}

/** Since August 2025 the start of an environment is billed with the invocation that caused it (AWS Compute blog). */
function billedMs({ durationMs, initMs = 0 }: Pick<InvocationReport, 'durationMs' | 'initMs'>): number {
  return Math.ceil(Number((durationMs + initMs).toFixed(2)));
}

/** With the tab at the end that Lambda's have when no status follows (aws-lambda-runtime-interface-emulator). */
export function reportLine(report: InvocationReport): string {
  const { requestId, durationMs, initMs, memorySize, memoryUsed, failed } = report;
  const used = Math.min(memorySize, Math.ceil(memoryUsed / (1024 * 1024)));
  return [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${ms(durationMs)}`,
    `Billed Duration: ${billedMs(report)} ms`,
    `Memory Size: ${memorySize} MB`,
    `Max Memory Used: ${used} MB`,
    ...(initMs === undefined ? [] : [`Init Duration: ${ms(initMs)}`]),
    ...(failed ? statusFields(failed) : ['']),
  ].join('\t');
}

function statusFields(failed: ReportStatus | undefined): string[] {
  if (!failed) return [];
  return [`Status: ${failed.status}`, ...(failed.status === 'error' ? [`Error Type: ${failed.errorType}`] : [])];
}

function ms(duration: number): string {
  return `${duration.toFixed(2)} ms`;
}
