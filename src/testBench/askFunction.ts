import type { Cloud } from '../aws/cloud.js';
import { codeOf, isAccessDenied, isNotFound, messageOf, requestIdOf } from '../aws/errors.js';
import type { FunctionReply } from '../aws/gateways/functions.js';
import { readAnswer } from './answers.js';
import { findDenial } from './denial.js';
import { type Bounds, denied, functionFailure, statusFailure } from './functionFailure.js';
import { jsonFault } from './jsonFault.js';
import { parts, type Timing } from './latency.js';
import { findReport } from './report.js';
import type { Failure, Reply } from './reply.js';
import { tooLarge } from './sizes.js';
import { type FunctionTarget, type Question, targetName } from './target.js';
import { unwrap } from './unwrap.js';

/** The most that a function may be given, in seconds: waited for where its configuration may not be read. */
const longestTimeout = 900;
/** A function's timeout does not count its start, for which there are up to 10 s ("Lambda execution environment"). */
const marginSeconds = 15;

/** Calls a function once with an event, and takes its answer apart. @throws cancellations only */
export async function askFunction(
  cloud: Pick<Cloud, 'functions'>,
  target: FunctionTarget,
  { body }: Question,
  signal: AbortSignal,
): Promise<Reply> {
  const { name, qualifier } = target;
  const told = { target, sent: { contentType: 'application/json', bytes: body.length }, steps: [] };
  const input = inputFailure(body);
  if (input) return { ...told, outcome: 'failure', failure: input, latency: parts({ total: 0 }) };

  const answered = new AbortController();
  const late = new AbortController();
  const ended = AbortSignal.any([signal, answered.signal]);
  const start = performance.now();
  // Read while the function runs, so that it costs no time; who may invoke may not always read.
  const bounds: Promise<Bounds> = cloud.functions.bounds(name, qualifier, ended).catch(() => ({}));
  const timer = bounds.then(({ timeout = longestTimeout }) =>
    setTimeout(() => late.abort(), (timeout + marginSeconds) * 1000),
  );
  try {
    const call = { name, qualifier, payload: body };
    const reply = await cloud.functions.invoke(call, AbortSignal.any([signal, late.signal]));
    const total = performance.now() - start;
    return understood(target, told.sent, reply, total, reply.error === undefined ? {} : await bounds);
  } catch (error) {
    signal.throwIfAborted();
    const failure = late.signal.aborted ? lateFailure(target, await bounds) : callFailure(error, target);
    const requestId = requestIdOf(error);
    return {
      ...{ ...told, failure, outcome: 'failure', latency: parts({ total: performance.now() - start }) },
      ...(requestId !== undefined && { requestId }),
    };
  } finally {
    answered.abort();
    clearTimeout(await timer);
  }
}

/** What an event has to be. */
export function inputFailure(event: Uint8Array): Failure | undefined {
  const large = tooLarge('function', event.length);
  if (large) return { kind: 'input', ...large, log: false };
  const fault = jsonFault(new TextDecoder().decode(event));
  if (!fault) return undefined;
  const { line, column, message } = fault;
  const evidence = `Line ${line}, column ${column}: ${message}`;
  return { kind: 'input', message: 'The event is not JSON, which is all that a function takes.', evidence, log: false };
}

function understood(
  target: FunctionTarget,
  sent: Reply['sent'],
  { payload, error, version, logTail, requestId }: FunctionReply,
  total: number,
  bounds: Bounds,
): Reply {
  // Lambda's runtimes write an event of several lines with carriage returns.
  const log = logTail.trimEnd().split(/\r?\n|\r/);
  const report = findReport(log);
  const timing: Timing = report
    ? { total, start: { name: 'function init', milliseconds: report.init }, code: ['function', report.duration] }
    : { total };
  const told = {
    ...{ target, sent, version, requestId, log, latency: parts(timing) },
    ...(report && { report }),
  };
  return answerOf(told, payload, error, bounds);
}

/** Of a function, in a cloud or here: the payload without its wrappings, or what failed. */
export function answerOf(
  told: Omit<Reply, 'outcome' | 'failure' | 'steps' | 'body'> & { readonly target: Reply['target'] },
  payload: Uint8Array,
  error: string | undefined,
  bounds: Bounds,
): Reply {
  const name = targetName(told.target);
  const log = told.log ?? [];
  if (error !== undefined) {
    const text = new TextDecoder().decode(payload);
    const steps = [{ name: 'Payload', says: `Lambda marks it as an error (${error}).`, text }];
    const failure = functionFailure(name, text, bounds, log);
    return { ...told, outcome: 'failure', body: payload, steps, failure };
  }
  const { steps, text, contentType, status } = unwrap(payload);
  if (status !== undefined && status >= 400) {
    return { ...told, outcome: 'failure', body: payload, steps, failure: statusFailure(name, status, text, log) };
  }
  const reading = readAnswer(text, contentType);
  return { ...told, outcome: 'answer', body: payload, steps, text, contentType, reading };
}

function lateFailure(target: FunctionTarget, { timeout }: Bounds): Failure {
  const allowed = timeout === undefined ? `${longestTimeout} seconds` : `its timeout of ${timeout} seconds`;
  return {
    kind: 'timeout',
    message: `${targetName(target)} did not answer within ${allowed} and ${marginSeconds} seconds more.`,
    advice: 'It may still run: its log says what became of it.',
    log: true,
  };
}

function callFailure(error: unknown, target: FunctionTarget): Failure {
  const name = targetName(target);
  const message = messageOf(error);
  const code = codeOf(error) ?? '';
  const denial = isAccessDenied(error) ? findDenial(message) : undefined;
  if (denial) return { ...denied(denial), log: false };
  if (isNotFound(error)) {
    const what = target.qualifier === undefined ? 'It was deleted.' : 'The function, its alias or version was deleted.';
    return { kind: 'gone', message: `There is no function ${name}.`, evidence: what, log: false };
  }
  if (code === 'TooManyRequestsException') {
    return {
      kind: 'busy',
      message: `${name} is throttled: all of its concurrency is in use.`,
      evidence: message,
      advice: 'Send it again when other calls have ended, or reserve more concurrency.',
      log: false,
    };
  }
  return { kind: 'call', message: `The function could not be called: ${message}`, log: true };
}
