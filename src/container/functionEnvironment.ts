/** What a function's execution environment is told, and the bounds that no configuration can move. */

/**
 * Bytes of a synchronous answer. The documentation says 6 MB; Lambda's own message, and what it lets through, are 100
 * bytes more (zaccharles.medium.com, "Deep Dive: Lambda's Response Payload Size Limit").
 */
export const maxAnswerBytes = 6_291_556;

/** The log that an answer carries (API reference, Invoke, LogResult). */
export const logTailBytes = 4096;

/** Milliseconds for the start of an environment on demand; what takes longer starts again, within the invocation. */
export const initLimitMs = 10_000;

/** Milliseconds for the start of a provisioned one (developer guide, "Lambda execution environment lifecycle"). */
export function provisionedInitLimitMs(timeoutSeconds: number): number {
  return Math.max(130, timeoutSeconds) * 1000;
}

export type InitializationType = 'on-demand' | 'provisioned-concurrency';

export interface FunctionIdentity {
  readonly name: string;
  readonly version: string;
  readonly handler: string;
  /** `python3.12` */
  readonly runtime: string;
  /** MB */
  readonly memorySize: number;
  readonly logGroup: string;
  readonly logStream: string;
  readonly initialization: InitializationType;
}

/** The role's keys, as a function finds them in its environment. */
export interface FunctionKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/**
 * The variables of an execution environment (developer guide, "Defined runtime environment variables"). TZ is the only
 * one of them that a function's own variables can change; the others are reserved.
 *
 * @param own the function's own variables.
 * @param root `/var/task`, or the folder that stands for it.
 * @param runtimeDir with the programs of the runtime.
 * @param runtimeApi host and port of the Runtime API.
 */
export function functionEnvironment(
  identity: FunctionIdentity,
  keys: FunctionKeys,
  own: Readonly<Record<string, string>>,
  { root, runtimeDir, runtimeApi }: { root: string; runtimeDir: string; runtimeApi: string },
): Record<string, string> {
  return {
    TZ: ':UTC',
    ...own,
    _HANDLER: identity.handler,
    AWS_EXECUTION_ENV: `AWS_Lambda_${identity.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: identity.name,
    AWS_LAMBDA_FUNCTION_VERSION: identity.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(identity.memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: identity.initialization,
    AWS_LAMBDA_LOG_GROUP_NAME: identity.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: identity.logStream,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
    LAMBDA_TASK_ROOT: root,
    LAMBDA_RUNTIME_DIR: runtimeDir,
  };
}

/** `2026/11/28/[$LATEST]0123456789abcdef0123456789abcdef` @param id 32 hexadecimal digits */
export function functionLogStream(version: string, id: string, at: Date): string {
  return `${at.toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${id}`;
}

/** What X-Ray's header is for a request that is not traced. @param id 24 hexadecimal digits */
export function traceId(id: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000).toString(16);
  return `Root=1-${seconds.padStart(8, '0')}-${id};Parent=${id.slice(0, 16)};Sampled=0`;
}
