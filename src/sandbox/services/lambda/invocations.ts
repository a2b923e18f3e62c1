import type * as Api from '@aws-sdk/client-lambda';
import { messageOf } from '../../../core/errors.js';
import type { FunctionAnswer } from '../../engines/functions.js';
import { type Operation, type RequestContext, ServiceError } from '../../protocol/service.js';
import { refuse } from '../refusals.js';
import { conflict, tooLarge } from './errors.js';
import type { FunctionReference } from './functionArn.js';
import { type LambdaParts, specOf } from './parts.js';
import { policyOf } from './permissions.js';

type Input = Api.InvocationRequest & { readonly Payload?: Uint8Array };

/** Bytes of a payload, by the type of the invocation: 6 MB, and 1 MB since October 2025 ("Lambda quotas"). */
const payloadQuota = { RequestResponse: 6_291_456, DryRun: 6_291_456, Event: 1_048_576 };

/** What runs a function once, for a caller who waits and for one who does not. */
export interface Call {
  readonly reference: FunctionReference;
  readonly requestId: string;
  /** JSON. */
  readonly payload: Uint8Array;
  readonly clientContext: string | undefined;
}

export interface CallOutcome extends FunctionAnswer {
  /** Of the version that ran. */
  readonly version: string;
}

/** The API of Invoke, and the way to the engine. */
export class Invocations {
  /** @param enqueue takes an event that nobody waits for */
  constructor(
    private readonly parts: LambdaParts,
    private readonly enqueue: (call: Call) => void,
  ) {}

  operations(): Record<string, Operation> {
    return {
      Invoke: {
        action: 'lambda:InvokeFunction',
        resource: this.parts.functions.arns.resource,
        resourcePolicy: (input: Input) => policyOf(this.parts.functions, input),
        run: (input: Input, context) => this.invoke(input, context),
      },
    };
  }

  /** @throws {ServiceError} when the function cannot be run now */
  async run({ reference, ...call }: Call): Promise<CallOutcome> {
    const { functions, packages, engine } = this.parts;
    const { record, version } = functions.resolve(reference);
    const { sha256 } = version.code;
    // An update may come meanwhile: the package stays until the environment that is made of it answers.
    packages.use(sha256);
    try {
      const answer = await engine.invoke(specOf(this.parts, record, version), {
        ...call,
        functionArn: functions.arns.of(reference),
        qualifier: reference.qualifier,
      });
      return { ...answer, version: version.version };
    } finally {
      packages.release(sha256);
    }
  }

  private async invoke(input: Input, { requestId }: RequestContext): Promise<Api.InvocationResponse> {
    refuse({
      'tenant isolation (TenantId)': input.TenantId,
      'durable functions (DurableExecutionName)': input.DurableExecutionName,
    });
    const { arns } = this.parts.functions;
    const { InvocationType: type = 'RequestResponse', LogType, ClientContext: clientContext } = input;
    const payload = payloadOf(input.Payload, type);
    const reference = arns.read(input);
    this.requireActive(reference);
    checkClientContext(clientContext);
    if (type === 'DryRun') return { StatusCode: 204 };
    const call = { reference, requestId, payload, clientContext };
    if (type === 'Event') {
      this.enqueue(call);
      return { StatusCode: 202 };
    }
    const { error, version, ...answer } = await this.run(call);
    return {
      StatusCode: 200,
      ExecutedVersion: version,
      FunctionError: error,
      Payload: answer.payload,
      LogResult: LogType === 'Tail' ? Buffer.from(answer.logTail).toString('base64') : undefined,
    };
  }

  private requireActive(reference: FunctionReference): void {
    const { functions } = this.parts;
    // Measured by localstack (test_invoke_exceptions): Invoke alone names $LATEST of a function that is not there.
    const { name, qualifier = '$LATEST' } = reference;
    const { version } = functions.find(name) ? functions.resolve(reference) : functions.resolve({ name, qualifier });
    if (version.state === 'Active') return;
    // remotion-dev/remotion#1186
    const state = `The function is currently in the following state: ${version.state}`;
    throw conflict(`The operation cannot be performed at this time. ${state}`);
  }
}

/** Without a payload the event is an empty object. @throws {ServiceError} when it is too large, or no JSON */
function payloadOf(given: Uint8Array | undefined, type: Api.InvocationType): Uint8Array {
  if (!given || given.length === 0) return Buffer.from('{}');
  const quota = payloadQuota[type];
  if (given.length > quota) {
    throw tooLarge(
      type === 'Event'
        ? `${given.length} byte payload is too large for the Event invocation type (limit ${quota} bytes)`
        : `Request must be smaller than ${quota} bytes for the InvokeFunction operation`,
    );
  }
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(given));
  } catch (error) {
    // What follows is the parser's own text: Jackson's on AWS.
    throw invalidContent(
      `Could not parse request body into json: Could not parse payload into json: ${messageOf(error)}`,
    );
  }
  return given;
}

function checkClientContext(context: string | undefined): void {
  if (context === undefined) return;
  if (!isObject(Buffer.from(context, 'base64').toString('utf8'))) {
    throw invalidContent('Client context must be a valid Base64-encoded JSON object.');
  }
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function invalidContent(message: string): ServiceError {
  return new ServiceError('InvalidRequestContentException', message, 400, { Type: 'User' });
}
