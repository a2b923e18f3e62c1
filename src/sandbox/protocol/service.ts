/** Who signed a request, after its signature was verified. */
export interface Caller {
  /** As GetCallerIdentity shows it: `arn:aws:iam::<account>:root` or `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
  /** Name of the role whose policies bind the caller; undefined for the account's root user, whom no policy binds. */
  readonly role: string | undefined;
  /** With which the request was signed: a session may have policies of its own. */
  readonly accessKeyId?: string;
}

/** What an operation knows of the request beside its input. */
export interface RequestContext {
  readonly caller: Caller;
  readonly requestId: string;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
}

/** One API operation. It knows its meaning, and nothing of HTTP. */
export interface Operation<Input = never> {
  /** IAM action, when it is not `<service's prefix>:<operation's name>`. */
  readonly action?: string;
  /** ARNs that the caller must be allowed to act on, all of them; `*` where IAM knows no resource for the action. */
  resource(input: Input): string | readonly string[];
  /** Condition keys of the action beside the global ones, such as `iam:PolicyARN`. */
  conditionKeys?(input: Input): Readonly<Record<string, string | readonly string[]>>;
  /** What the resource itself says of who may: its policy, JSON. Undefined: it has none. */
  resourcePolicy?(input: Input): string | undefined;
  /** Gets input that the model has validated (timestamps are Dates, blobs Uint8Arrays); returns the output's members. */
  run(input: Input, context: RequestContext): unknown;
}

/** A service driven by a model in `../models/`. An operation that is not here answers NotImplemented with its name. */
export interface Service {
  /** File name of its model: `sagemaker`, `sagemaker-runtime`, `logs`… */
  readonly id: string;
  /** Prefix of its actions in IAM policies: `sagemaker`, `logs`, `cloudwatch`… */
  readonly iamPrefix: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** An error as the service words it; the codec puts it on the wire in the service's protocol. */
export class ServiceError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    /** Further members of the error's shape, such as ModelError's OriginalMessage. */
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = code;
  }
}
