import { existsSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../core/errors.js';
import { readAnswer } from './answers.js';
import { shortOf } from './askEndpoint.js';
import { answerOf, inputFailure } from './askFunction.js';
import { adviceWithoutKeys } from './functionFailure.js';
import { parts } from './latency.js';
import { type LocalScripts, ScriptLate, ScriptNotLoaded, type ScriptPlace } from './localScripts.js';
import type { Failure, Reply } from './reply.js';
import { ScriptEnded, type ScriptError } from './scriptProcess.js';
import { tooLarge } from './sizes.js';
import { type Question, type ScriptTarget, targetName } from './target.js';

/** What SageMaker gives a model for its answer, in seconds. */
const modelSeconds = 60;
/** The most that Lambda gives a handler: for one whose entry says nothing. */
const longestHandler = 900;

/** Asks a script of this machine: an inference script as its endpoint would, a handler as Lambda would. @throws cancellations only */
export async function askScript(
  scripts: LocalScripts,
  target: ScriptTarget,
  { body, contentType, accept }: Question,
  place: ScriptPlace,
  signal: AbortSignal,
): Promise<Reply> {
  const isHandler = target.handler !== undefined;
  const told = { target, sent: { contentType: isHandler ? 'application/json' : contentType, bytes: body.length } };
  const fail = (failure: Failure, total: number, log: readonly string[] = []): Reply => ({
    ...{ ...told, outcome: 'failure', failure, steps: [], log },
    latency: parts({ total, rest: 'script' }),
  });
  if (!existsSync(target.file)) {
    return fail({ kind: 'gone', message: `There is no ${target.file} any more.`, log: false }, 0);
  }
  const large = tooLarge('endpoint', body.length);
  const input: Failure | undefined = isHandler ? inputFailure(body) : large && { kind: 'input', ...large, log: false };
  if (input) return fail(input, 0);

  const seconds = isHandler ? (target.timeout ?? longestHandler) : modelSeconds;
  const head = isHandler
    ? { timeout: seconds }
    : { headers: { ...(contentType && { 'Content-Type': contentType }), ...(accept && { Accept: accept }) } };
  const since = performance.now();
  try {
    const { frame, start } = await scripts.ask(target, head, body, { seconds, place, signal });
    const total = performance.now() - since;
    const { milliseconds, status = 200, headers = {}, functionError, error } = frame.head;
    const latency = parts({
      total,
      start: { name: 'Python, script and model', milliseconds: start },
      code: [isHandler ? 'handler' : 'model', milliseconds],
      rest: 'handing over',
    });
    const whole = { ...told, latency, log: frame.log };
    if (error) return { ...whole, outcome: 'failure', steps: [], failure: left(target, error) };
    if (isHandler) return answerOf(whole, frame.body, functionError, { timeout: seconds });
    const text = frame.body.toString('utf8');
    if (status >= 400) {
      return { ...whole, outcome: 'failure', body: frame.body, steps: [], failure: modelFailure(target, status, text) };
    }
    const type = headers['content-type'] ?? '';
    const reading = readAnswer(text, type);
    return { ...whole, outcome: 'answer', body: frame.body, steps: [], text, contentType: type, reading };
  } catch (error) {
    signal.throwIfAborted();
    const log = error instanceof ScriptNotLoaded ? error.frame.log : error instanceof ScriptEnded ? error.log : [];
    return fail(failureOf(target, error), performance.now() - since, log);
  }
}

function failureOf(target: ScriptTarget, error: unknown): Failure {
  const name = targetName(target);
  if (error instanceof ScriptNotLoaded) return notLoaded(target, error.frame.head.error!);
  if (error instanceof ScriptLate) {
    return {
      kind: 'timeout',
      message: `${name} did not answer within ${error.seconds} seconds, and was ended.`,
      ...(target.handler !== undefined && { advice: "Give it more time: its entry's timeout." }),
      log: false,
    };
  }
  if (error instanceof ScriptEnded) {
    const killed = error.status === 137 ? ' It was killed: there may have been no memory left.' : '';
    return {
      kind: 'code',
      message: `${name} ended with exit code ${error.status} before it answered.${killed}`,
      said: error.log.join('\n'),
      log: false,
    };
  }
  return { kind: 'call', message: `${name} cannot be run: ${messageOf(error)}`, log: false };
}

function notLoaded(target: ScriptTarget, { type, message, traceback, module, file, line }: ScriptError): Failure {
  const name = targetName(target);
  const place = file !== undefined && line ? `${path.basename(file)}, line ${line}.` : undefined;
  return {
    kind: 'code',
    message: `${name} cannot be loaded: ${type}: ${message}`,
    ...(place !== undefined && { evidence: place }),
    ...adviceFor(module, `${type}: ${message}`),
    said: traceback,
    log: false,
  };
}

/** The script called for its own end (`sys.exit`). */
function left(target: ScriptTarget, { message, traceback }: ScriptError): Failure {
  return {
    kind: 'code',
    message: `${targetName(target)} ended itself (sys.exit ${message}) instead of answering.`,
    said: traceback,
    log: false,
  };
}

function modelFailure(target: ScriptTarget, status: number, said: string): Failure {
  return {
    kind: 'code',
    message: `${targetName(target)} failed: ${shortOf(said)}`,
    evidence: `It answered ${status}.`,
    ...adviceFor(undefined, said),
    said,
    log: false,
  };
}

function adviceFor(module: string | null | undefined, said: string): { advice?: string } {
  if (module) {
    const name = module.split('.')[0];
    return { advice: `Install ${name} for the Python that runs it, or choose another one (setting sandbox.python).` };
  }
  return /NoCredentialsError|Unable to locate credentials/.test(said) ? adviceWithoutKeys() : {};
}
