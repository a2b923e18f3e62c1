import { isRecord, parseJson } from './answers.js';
import { type Denial, findDenial } from './denial.js';
import type { Failure } from './reply.js';
import { sizeText } from './sizes.js';

/** An error as Lambda's runtimes write it into the payload. */
interface FunctionError {
  readonly type: string;
  readonly message: string;
  readonly trace: readonly string[];
}

/** What a function that did not answer was able to use. */
export interface Bounds {
  /** Seconds. */
  readonly timeout?: number;
  /** MB. */
  readonly memory?: number;
}

/**
 * What it means that a function failed, from the payload of its error.
 * @param log of this call: the denial that a handler caught may stand there alone
 */
export function functionFailure(name: string, payload: string, bounds: Bounds, log: readonly string[]): Failure {
  const error = readError(payload);
  const said = traceback(error);
  const denial = findDenial(error.message) ?? findDenial(log.join('\n'));
  if (denial) return { ...denied(denial), said, log: true };
  const known = explanations.find(({ when }) => when.test(`${error.type}: ${error.message}`));
  const found = known?.says(error, bounds) ?? {};
  return {
    kind: 'code',
    message: `${name} failed: ${error.type === '' ? error.message : `${error.type}: ${error.message}`}`,
    ...found,
    said,
    log: true,
  };
}

/** A status of 400 or more. @param body the innermost text of the answer */
export function statusFailure(name: string, status: number, body: string, log: readonly string[]): Failure {
  const value = parseJson(body);
  const words = isRecord(value)
    ? ['message', 'error', 'errorMessage', 'detail'].map((key) => value[key]).find((each) => typeof each === 'string')
    : undefined;
  const denial = findDenial(body) ?? findDenial(log.join('\n'));
  if (denial) return { ...denied(denial), said: body, log: true };
  return {
    kind: 'status',
    message: `${name} answered ${status}${typeof words === 'string' ? `: ${words}` : '.'}`,
    evidence: 'The function itself ran to its end: the status is in its answer.',
    ...(status >= 400 && status < 500 && { advice: 'It does not like the event: see which keys its handler reads.' }),
    said: body,
    log: true,
  };
}

/** Whoever may not do something: the person, or the role of the function or the endpoint. */
export function denied(denial: Denial): Pick<Failure, 'kind' | 'message' | 'evidence' | 'advice' | 'denial'> {
  const who = denial.role === undefined ? denial.principal : `The role ${denial.role}`;
  const where = denial.resource === undefined ? '' : ` on ${denial.resource}`;
  return {
    kind: 'denied',
    message: `${who} may not ${denial.action}${where}.`,
    evidence: `${denial.principal} was refused${denial.because === undefined ? '' : ` ${denial.because}`}.`,
    advice:
      denial.role === undefined
        ? 'Ask for this permission, or use a profile that has it.'
        : `Allow ${denial.action} in the policy of ${denial.role}, and send it again.`,
    denial,
  };
}

const explanations: readonly {
  readonly when: RegExp;
  readonly says: (error: FunctionError, bounds: Bounds) => Partial<Failure>;
}[] = [
  {
    when: /Task timed out after [\d.]+ seconds/,
    says: ({ message }, { timeout }) => ({
      kind: 'timeout',
      message: `The function was ended after ${/after ([\d.]+) seconds/.exec(message)?.[1] ?? timeout} seconds, its timeout.`,
      advice: 'Give it more time (timeout), at least what its endpoint needs.',
    }),
  },
  {
    when: /Runtime\.OutOfMemory|signal: killed/,
    says: (_, { memory }) => ({
      message: `The function was killed: it used up its memory${memory === undefined ? '' : ` of ${memory} MB`}.`,
      advice: 'Give it more memory (memory), or load less.',
    }),
  },
  {
    when: /Runtime\.ImportModuleError/,
    says: ({ message }) => {
      const module = /No module named '([^']+)'/.exec(message)?.[1];
      return {
        message: `The handler cannot be imported: ${message}`,
        advice:
          module === undefined
            ? "The handler's file is not in the package, or fails as it is imported."
            : `Put ${module.split('.')[0]} into the package, or a layer: Lambda's Python brings boto3 alone.`,
      };
    },
  },
  {
    when: /Runtime\.HandlerNotFound/,
    says: () => ({ advice: 'The handler setting names the file and the function: lambda_function.lambda_handler.' }),
  },
  {
    when: /Runtime\.UserCodeSyntaxError/,
    says: ({ message }) => ({ message: `The handler is not valid Python: ${message}` }),
  },
  {
    when: /Runtime\.MarshalError|Unable to marshal response/,
    says: () => ({ advice: 'A handler returns what json.dumps takes: no bytes, tensors or arrays of numpy.' }),
  },
  {
    when: /ResponseSizeTooLarge|payload size exceeded/,
    says: () => ({
      message: `The answer of the function is larger than ${sizeText(6 * 1024 * 1024)}, the most that Lambda passes on.`,
      advice: 'Answer with less, or with the S3 address of it.',
    }),
  },
  {
    when: /\bEndpoint \S+ of account \S+ not found/,
    says: ({ message }) => ({
      message: `The endpoint behind the function is not there: ${/Endpoint \S+ of account \S+ not found/.exec(message)?.[0]}.`,
      advice: 'Deploy it, or give the function the name of one that serves.',
    }),
  },
  {
    when: /\(ModelError\)/,
    says: () => ({ advice: "The model behind the function failed: its endpoint's log says why." }),
  },
  { when: /NoCredentialsError|Unable to locate credentials/, says: adviceWithoutKeys },
];

/** boto3 has found no keys, which happens to scripts that run here alone. */
export function adviceWithoutKeys(): { advice: string } {
  return { advice: 'A script runs here without any cloud. Connect to the sandbox, or test what is deployed.' };
}

function readError(payload: string): FunctionError {
  const value = parseJson(payload);
  const text = (key: string) => (isRecord(value) && typeof value[key] === 'string' ? value[key] : undefined);
  const trace = isRecord(value) ? value['stackTrace'] : undefined;
  return {
    type: text('errorType') ?? '',
    message: text('errorMessage') ?? payload,
    trace: Array.isArray(trace) ? trace.filter((line) => typeof line === 'string') : [],
  };
}

/** As Python prints it. */
function traceback({ type, message, trace }: FunctionError): string {
  const last = type === '' ? message : `${type}: ${message}`;
  if (trace.length === 0) return last;
  return `Traceback (most recent call last):\n${trace.map((line) => line.replace(/\n?$/, '\n')).join('')}${last}`;
}
