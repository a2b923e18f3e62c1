import type { Caller } from '../protocol/service.js';

/** Where engines write what their processes print. Implemented by services/logs. */
export interface LogSink {
  /** Makes group and stream when they are not there. */
  append(group: string, stream: string, lines: readonly LogLine[]): void;
}

export interface LogLine {
  /** When it was printed, in machine time (milliseconds since 1970). */
  readonly timestamp: number;
  readonly message: string;
}

/** Where engines put measurements. Implemented by services/cloudwatch. */
export interface MetricSink {
  record(namespace: string, dimensions: Readonly<Record<string, string>>, name: string, value: number, at: Date): void;
}

/** What else a request must be allowed, beside its own action: `iam:PassRole`. Implemented by authorize.ts. */
export interface Access {
  /**
   * @param resourcePolicy of the resource itself, JSON
   * @throws {ServiceError} AccessDeniedException, which S3 and the query protocol call AccessDenied.
   */
  require(
    caller: Caller,
    action: string,
    resource: string,
    context?: Readonly<Record<string, string | readonly string[]>>,
    resourcePolicy?: string,
  ): void;
}

/** Temporary keys of a role, for a process that acts as that role. Implemented by identity/identities.ts. */
export interface RoleKeys {
  /**
   * What STS would issue to the service (`sagemaker.amazonaws.com`) for the role.
   * @param sourceArn of the job or endpoint in question: trust policies may ask for it (`aws:SourceArn`).
   * @throws {ServiceError} when the role does not exist or its trust policy does not name the service.
   */
  assume(roleArn: string, service: string, sessionName: string, sourceArn?: string): TemporaryKeys;
}

export interface TemporaryKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expires: Date;
}
