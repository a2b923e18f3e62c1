import { isCancellation, UserError } from '../core/errors.js';
import { type Connection, isLoopback } from './connection.js';

/** The call that failed. */
export interface FailedCall {
  /** As the SDK names it: `SageMaker`, `S3`. */
  readonly service: string;
  /** `CreateTrainingJob`. */
  readonly operation: string;
  readonly profile: string | undefined;
}

/**
 * What a failed call means to a person: a UserError with what failed, why, and what to do next. What is not a person's
 * to mend comes back as it is. The SDK's own error stays the cause.
 */
export function explain(error: unknown, call: FailedCall): unknown {
  if (!(error instanceof Error) || error instanceof UserError || isCancellation(error)) return error;
  const sentence = sentenceFor(error, call);
  return sentence === undefined ? error : new UserError(sentence, { cause: error });
}

function sentenceFor(error: Error, { service, operation, profile }: FailedCall): string | undefined {
  const whose = profile === undefined ? 'the default credentials' : `profile "${profile}"`;
  const signIn = `sign in again (aws sso login${profile === undefined ? '' : ` --profile ${profile}`}, or new keys)`;
  if (error.message === 'Region is missing') {
    return `There is no region for ${whose}: add "region" to the profile in the AWS config file, or set AWS_REGION.`;
  }
  const code = codeOf(error);
  if (code === undefined) return undefined;
  if (isCredentialsError(code)) {
    return `There are no usable credentials for ${whose}: ${sentenceOf(error)} Check the profile, or ${signIn}.`;
  }
  if (isExpired(code)) {
    return `The credentials of ${whose} have expired: ${signIn}.`;
  }
  if (unknownKeys.includes(code)) {
    return `${service} does not know the keys of ${whose}: check the profile and its region, or ${signIn}.`;
  }
  if (code === 'RequestTimeTooSkewed' || (/Signature/.test(code) && /expired|not yet current/i.test(error.message))) {
    return `This machine's clock is wrong, so ${service} refuses its signatures: set the clock. ${error.message}`;
  }
  if (wrongSignature.includes(code)) {
    return `The secret key of ${whose} does not belong to its access key: check the profile, or ${signIn}.`;
  }
  // Before the call itself: a profile with "role_arn" gets its keys from STS.
  if (/not authorized to perform: sts:AssumeRole\b/.test(error.message) && operation !== 'AssumeRole') {
    return `The role of ${whose} may not be assumed: ${sentenceOf(error)} Its trust policy has to name who asks.`;
  }
  if (isAccessDenied(error) || statusOf(error) === 403) {
    return `${operation} is not allowed: ${sentenceOf(error)} Ask for this permission, or use a role that has it.`;
  }
  if (code === 'ResourceLimitExceeded' || code === 'ServiceQuotaExceededException') {
    return `The account's limit is reached: ${sentenceOf(error)} Ask for a higher limit in Service Quotas, or use another instance type.`;
  }
  if (isThrottling(code)) {
    return `${service} throttles ${operation}, also after several tries: wait a minute and try again.`;
  }
  if (isUnreachable(code)) {
    const why = isTimeout(code) ? 'no answer has come in time' : error.message || code;
    return `${service} cannot be reached: ${why}. Check the network, or whether the sandbox still runs.`;
  }
  if (code === 'NotImplemented' || code === 'NotImplementedException') {
    return `${operation} is not built in the sandbox: ${sentenceOf(error)}`;
  }
  if ((statusOf(error) ?? 0) >= 500) {
    return `${service} could not do ${operation}, by a fault of its own (${statusOf(error)} ${code}): ${sentenceOf(error)} Try again in a minute.`;
  }
  // What the service finds wrong in a request comes from the project file.
  if (
    /^(Validation(Exception|Error)|Resource(InUse|NotFound|Conflict)|NoSuch(Bucket$|Entity)|InvalidBucketName|InvalidParameterValue|PreconditionFailed|CodeStorageExceeded|MalformedPolicy|EntityAlreadyExists|DeleteConflict)/.test(
      code,
    )
  ) {
    return `${service} refuses ${operation}: ${sentenceOf(error)}`;
  }
  return undefined;
}

/** The service's error code (`ValidationException`) or the system's (`ECONNREFUSED`), of the error or what caused it. */
export function codeOf(failure: unknown): string | undefined {
  const error = original(failure);
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Node reports a refused connection to a name with several addresses as an AggregateError without a code of its own.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.name === 'Error' ? undefined : error.name;
}

/** The service's id of the failed call, where it got that far. */
export function requestIdOf(error: unknown): string | undefined {
  return metadataOf(error)?.requestId;
}

/**
 * Whether the service, or the SDK before it sent anything, said no. Otherwise the connection broke, perhaps after the
 * call had reached the service: it may have worked. (Retries hide it: the last error may be a plain refusal.)
 */
export function wasAnswered(error: unknown): boolean {
  return statusOf(error) !== undefined || requestIdOf(error) !== undefined || isCredentialsError(codeOf(error));
}

/** True when the service says that what was asked for does not exist; SageMaker has no code of its own for that. */
export function isNotFound(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  if (/^(NotFound|NoSuch|ResourceNotFound)/.test(code) || statusOf(error) === 404) return true;
  return (
    code === 'ValidationException' && /(could not find|does not exist|not found)/i.test(messageOf(original(error)))
  );
}

/** What was thrown before it was explained. By name: within the SDK's bundle, `UserError` is another class. */
function original(error: unknown): unknown {
  return error instanceof Error && error.name === 'UserError' ? original(error.cause) : error;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Of the SDK's own search for keys: nothing was sent. */
function isCredentialsError(code: string | undefined): boolean {
  return code === 'CredentialsProviderError' || code === 'TokenProviderError';
}

function sentenceOf(error: Error): string {
  return /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
}

function statusOf(error: unknown): number | undefined {
  return metadataOf(error)?.httpStatusCode;
}

function metadataOf(failure: unknown): { requestId?: string; httpStatusCode?: number } | undefined {
  const error = original(failure);
  return error instanceof Error && '$metadata' in error ? (error.$metadata as object) : undefined;
}

/**
 * An error that every other call of the connection would have as well: its keys are missing, refused, or have expired and
 * there are no new ones, or the sandbox has ended. A network that is away for a moment is no such thing.
 */
export function isConnectionLoss(error: unknown, { endpoint }: Pick<Connection, 'endpoint'>): boolean {
  const code = codeOf(error);
  if (code === undefined) return false;
  if (code === 'ECONNREFUSED') return isLoopback(endpoint);
  return isCredentialsError(code) || isExpired(code) || [...unknownKeys, ...wrongSignature].includes(code);
}

/** Throttled, or the service or the network has a bad moment: the same call may work in a while. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  const status = statusOf(error) ?? 0;
  return status >= 500 || status === 429 || isThrottling(code) || isUnreachable(code);
}

export function isAccessDenied(error: unknown): boolean {
  return /^(AccessDenied|UnauthorizedOperation|NotAuthorized|Forbidden$)/.test(codeOf(error) ?? '');
}

/** Keys that were good until a moment ago: new ones may be had where these came from. */
export function isExpired(code: string): boolean {
  return /^(Expired|RequestExpired)/.test(code) || code === 'TokenRefreshRequired';
}

const unknownKeys: readonly string[] = ['InvalidClientTokenId', 'UnrecognizedClientException', 'InvalidAccessKeyId'];
const wrongSignature: readonly string[] = ['SignatureDoesNotMatch', 'InvalidSignatureException'];

function isThrottling(code: string): boolean {
  return /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown)/.test(code);
}

/** The SDK's own limits (TimeoutError, ETIMEDOUT) and the system's. */
function isTimeout(code: string): boolean {
  return code === 'TimeoutError' || code === 'ETIMEDOUT';
}

function isUnreachable(code: string): boolean {
  return (
    isTimeout(code) ||
    /^E(CONNREFUSED|CONNRESET|NOTFOUND|PIPE|HOSTUNREACH|NETUNREACH|NETDOWN)$/.test(code) ||
    code === 'EAI_AGAIN'
  );
}
