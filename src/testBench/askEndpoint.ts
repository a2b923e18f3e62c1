import type { Cloud } from '../aws/cloud.js';
import { codeOf, isAccessDenied, messageOf, requestIdOf } from '../aws/errors.js';
import { readAnswer } from './answers.js';
import { findDenial } from './denial.js';
import { denied } from './functionFailure.js';
import type { Failure, Reply } from './reply.js';
import { tooLarge } from './sizes.js';
import { type EndpointTarget, type Question, targetName } from './target.js';

/** How long a container may take to answer (InvokeEndpoint, API reference), in seconds. */
const answerSeconds = 60;
/** Beyond that the service itself says that the model was late: its answer is waited for. */
const marginSeconds = 5;

/** Sends one body to an endpoint, once: what a model did may not be done twice. @throws cancellations only */
export async function askEndpoint(
  cloud: Pick<Cloud, 'runtime'>,
  target: EndpointTarget,
  { body, contentType, accept }: Question,
  signal: AbortSignal,
): Promise<Reply> {
  const told = { target, sent: { contentType, bytes: body.length }, steps: [] };
  const large = tooLarge('endpoint', body.length);
  if (large) return { ...told, outcome: 'failure', ...latency(0), failure: { kind: 'input', ...large, log: false } };
  const late = AbortSignal.timeout((answerSeconds + marginSeconds) * 1000);
  const start = performance.now();
  try {
    const invocation = { endpoint: target.name, variant: target.variant, body, contentType, accept };
    const answer = await cloud.runtime.invoke(invocation, AbortSignal.any([signal, late]));
    const text = new TextDecoder().decode(answer.body);
    return {
      ...told,
      outcome: 'answer',
      ...{ body: answer.body, text, contentType: answer.contentType, reading: readAnswer(text, answer.contentType) },
      ...latency(performance.now() - start),
      ...(answer.variant !== undefined && { variant: answer.variant }),
      ...(answer.requestId !== undefined && { requestId: answer.requestId }),
    };
  } catch (error) {
    signal.throwIfAborted();
    const requestId = requestIdOf(error);
    return {
      ...told,
      outcome: 'failure',
      failure: failureOf(error, targetName(target), late.aborted),
      ...latency(performance.now() - start),
      ...(requestId !== undefined && { requestId }),
    };
  }
}

/** Nothing in one answer tells the model's time from the network's: CloudWatch has both by the minute alone. */
function latency(total: number): Pick<Reply, 'latency'> {
  return { latency: { total, parts: [{ part: 'rest', name: 'model, service and network', milliseconds: total }] } };
}

function failureOf(error: unknown, name: string, late: boolean): Failure {
  if (late) {
    return {
      kind: 'timeout',
      message: `${name} did not answer within ${answerSeconds} seconds, the most that SageMaker gives a model.`,
      log: true,
    };
  }
  if (codeOf(error) === 'ModelError') return modelFailure(error, name);
  const message = messageOf(error);
  const denial = isAccessDenied(error) ? findDenial(message) : undefined;
  if (denial) return { ...denied(denial), log: false };
  // ValidationError's text; the runtime has no code of its own for it.
  if (/\bEndpoint \S+ of account \S+ not found/.test(message)) {
    return {
      kind: 'gone',
      message: `There is no endpoint ${name}.`,
      evidence: 'It was deleted, or is still being made.',
      log: false,
    };
  }
  return { kind: 'call', message: `The endpoint could not be asked: ${message}`, log: true };
}

/** The container behind the endpoint answered with an error. */
function modelFailure(error: unknown, name: string): Failure {
  const { OriginalMessage, OriginalStatusCode } = causeOf(error);
  const said = wordsOf(OriginalMessage ?? '') || messageOf(error);
  const late = /invocation timed out/i.test(said);
  return {
    kind: late ? 'timeout' : 'code',
    message: `The model behind ${name} failed: ${shortOf(said)}`,
    evidence: OriginalStatusCode ? `The container answered ${OriginalStatusCode}.` : 'The container gave no answer.',
    said,
    log: true,
  };
}

/** The service's members, which explaining an error leaves on its cause. */
function causeOf(error: unknown): { OriginalMessage?: string; OriginalStatusCode?: number } {
  return error instanceof Error && error.name === 'UserError' ? causeOf(error.cause) : (error as object);
}

/** The line that says what is wrong: of a traceback the last one. */
export function shortOf(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const short = lines.some((line) => line.startsWith('Traceback')) ? lines.at(-1) : lines[0];
  return short ?? said;
}

/** TorchServe wraps what went wrong in `{"code": 500, "type": "…", "message": "…"}`. */
function wordsOf(original: string): string {
  try {
    const value: unknown = JSON.parse(original);
    if (typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string') {
      return value.message;
    }
  } catch {
    // Not JSON: the handler's own text.
  }
  return original;
}
