import type { TemporaryKeys } from '../services/ports.js';

/** One version of a function as the engine needs it: what it runs, as whom, and within which bounds. */
export interface FunctionSpec {
  readonly name: string;
  /** `$LATEST`, or the number of a published version. */
  readonly version: string;
  /** Another one whenever code or configuration has changed: environments of the old one end once they are idle. */
  readonly revision: string;
  /** The deployment package, a zip file on this machine. It stays for as long as the spec is known. */
  readonly codeFile: string;
  /** `lambda_function.lambda_handler` */
  readonly handler: string;
  /** `python3.12` */
  readonly runtime: string;
  /** Seconds. */
  readonly timeout: number;
  /** MB, of the whole environment. */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly region: string;
  /** `/aws/lambda/<name>` */
  readonly logGroup: string;
  /** Of its execution role. @throws {ServiceError} when the role is gone or does not trust Lambda. */
  readonly keys: () => TemporaryKeys;
}

export interface FunctionInvocation {
  readonly requestId: string;
  /** With the qualifier that the caller used, if any: what the handler's context shows. */
  readonly functionArn: string;
  /** Alias or version that the caller named: whose provisioned environments serve first, and a dimension of metrics. */
  readonly qualifier: string | undefined;
  readonly payload: Uint8Array;
  /** Base64 JSON, as the caller sent it. */
  readonly clientContext: string | undefined;
}

export interface FunctionAnswer {
  /** What the handler returned as JSON; of an error `{"errorMessage", "errorType", "stackTrace", "requestId"}`. */
  readonly payload: Uint8Array;
  /** The handler raised, or the environment failed (timeout, memory, exit, import): X-Amz-Function-Error. */
  readonly error: 'Unhandled' | undefined;
  /** The log of exactly this invocation, START to REPORT: its last 4 KB. */
  readonly logTail: Uint8Array;
}

export type ProvisionedStatus = 'IN_PROGRESS' | 'READY' | 'FAILED';

/** Provisioned environments of one alias or version, as GetProvisionedConcurrencyConfig shows them. */
export interface Provisioned {
  readonly requested: number;
  readonly allocated: number;
  readonly available: number;
  readonly status: ProvisionedStatus;
  readonly statusReason: string | undefined;
}

/** What runs functions. It knows no API: versions and aliases are the control plane's, and come resolved. */
export interface FunctionEngine {
  /**
   * Runs the handler once, in an idle environment of this version or a new one; to the end, as on AWS, also when the
   * caller has hung up.
   * @throws {ServiceError} TooManyRequestsException (429) with its Reason when the account's or the function's
   *   concurrency is used up; what `spec.keys` throws
   */
  invoke(spec: FunctionSpec, invocation: FunctionInvocation): Promise<FunctionAnswer>;
  /** How many environments of all versions of a function may run at a time; undefined: as many as the account has left. */
  reserve(functionName: string, concurrency: number | undefined): void;
  /** Keeps `count` environments of the version initialised for what the qualifier serves; 0 ends them. */
  provision(functionName: string, qualifier: string, spec: FunctionSpec, count: number): void;
  /** Undefined when nothing is provisioned for the qualifier. */
  provisioned(functionName: string, qualifier: string): Provisioned | undefined;
  /** Ends every environment of the function: at once where idle, else after its invocation. */
  remove(functionName: string): void;
  /** Invocations that run. */
  readonly running: number;
  /** Ends every environment; resolves when no process is left. */
  close(): Promise<void>;
}
