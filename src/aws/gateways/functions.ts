import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type LambdaClient,
  ListFunctionsCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda';
import { type Change, receipt, type Receipt } from '../change.js';
import { isNotFound } from '../errors.js';
import { functionPageSize, type Page, type PageRequest } from '../page.js';
import { describeFunction, logGroupOf, provisioned, status, summary } from './functionDetail.js';

/** Of the code and configuration of `$LATEST`: a function answers while it is `Pending` only after it is ready. */
export type FunctionState =
  'Pending' | 'Active' | 'Inactive' | 'Failed' | 'ActiveNonInvocable' | 'Deactivating' | 'Deactivated' | 'Deleting';

/** A function as List tells it, in its unpublished version. */
export interface FunctionSummary {
  readonly name: string;
  readonly arn: string;
  /** Undefined for a container image. */
  readonly runtime: string | undefined;
  /** MB. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  /** ARN. */
  readonly role: string;
  readonly modified: Date;
}

/** What a version runs, and how: fixed once it is published. */
export interface FunctionSetup {
  /** Undefined for a container image. */
  readonly runtime: string | undefined;
  /** MB. */
  readonly memory: number;
  /** Seconds. */
  readonly timeout: number;
  readonly handler: string;
  /** ARN. */
  readonly role: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Base64 SHA-256 of the zip. */
  readonly codeSha256: string;
}

export interface FunctionDetail extends FunctionSummary, FunctionSetup {
  readonly state: FunctionState;
  /** Why it is in this state, or why the last update failed, in the service's words. */
  readonly reason: string | undefined;
  /** The last update of code or configuration: until it is over the next one is refused. */
  readonly update: 'Successful' | 'InProgress' | 'Failed';
  /** Bytes of the zip. */
  readonly codeSize: number;
  /** `x86_64` or `arm64`. */
  readonly architecture: string;
  /** Where it writes its log: `/aws/lambda/<name>` unless it was told another group. */
  readonly logGroup: string;
  /** Changes with every update of code or configuration. */
  readonly revision: string;
  /** Undefined: it shares what the account has left. */
  readonly reservedConcurrency: number | undefined;
  /** Newest first, without `$LATEST`. */
  readonly versions: readonly FunctionVersion[];
  readonly aliases: readonly FunctionAlias[];
  readonly provisioned: readonly ProvisionedConcurrency[];
  readonly tags: Readonly<Record<string, string>>;
}

/** How far a change of `$LATEST` is. */
export type FunctionStatus = Pick<FunctionDetail, 'state' | 'reason' | 'update' | 'revision'>;

export interface FunctionVersion extends FunctionSetup {
  /** A number, as text. */
  readonly version: string;
  readonly description: string;
  readonly modified: Date;
}

export interface FunctionAlias {
  readonly name: string;
  readonly arn: string;
  readonly version: string;
}

/** Environments that are ready ahead of their calls. */
export interface ProvisionedConcurrency {
  /** The alias or version. */
  readonly qualifier: string;
  readonly requested: number;
  readonly available: number;
  readonly status: 'IN_PROGRESS' | 'READY' | 'FAILED';
  readonly reason: string | undefined;
}

export interface FunctionCall {
  readonly name: string;
  /** Alias or version; undefined: `$LATEST`. */
  readonly qualifier: string | undefined;
  /** JSON. */
  readonly payload: Uint8Array;
}

export interface FunctionReply {
  readonly payload: Uint8Array;
  /** `Unhandled` (or `Handled`) when the function failed: the payload then says how. */
  readonly error: string | undefined;
  /** The number of the version that ran, or `$LATEST`. */
  readonly version: string;
  /** The end of the log of exactly this call, 4 KB at most: `START … REPORT`. */
  readonly logTail: string;
  readonly requestId: string;
}

export interface PublishReceipt extends Receipt {
  readonly version: string;
}

/** Lambda's functions. */
export class FunctionsGateway {
  /** @param invoking a client that never retries and waits as long as its caller does: what a function did may not be done twice */
  constructor(
    private readonly client: LambdaClient,
    private readonly invoking: LambdaClient,
  ) {}

  /** In Lambda's own order, which says nothing (aws/aws-toolkit-jetbrains#325). */
  async list({ token }: PageRequest, signal: AbortSignal): Promise<Page<FunctionSummary>> {
    const command = new ListFunctionsCommand({ MaxItems: functionPageSize, Marker: token });
    const { Functions, NextMarker } = await this.client.send(command, { abortSignal: signal });
    return { items: (Functions ?? []).map(summary), token: NextMarker };
  }

  /** Undefined when there is no such function. Four calls, and more for one with more than 50 versions or aliases. */
  describe(name: string, signal: AbortSignal): Promise<FunctionDetail | undefined> {
    return describeFunction(this.client, name, signal);
  }

  /** Where a function writes its log, or has written it: the log stays when the function is deleted. */
  async logGroup(name: string, signal: AbortSignal): Promise<string> {
    const command = new GetFunctionConfigurationCommand({ FunctionName: name });
    try {
      return logGroupOf(await this.client.send(command, { abortSignal: signal }));
    } catch (error) {
      if (isNotFound(error)) return logGroupOf({ FunctionName: name });
      throw error;
    }
  }

  /** One call. */
  async status(name: string, signal: AbortSignal): Promise<FunctionStatus> {
    const command = new GetFunctionConfigurationCommand({ FunctionName: name });
    return status(await this.client.send(command, { abortSignal: signal }));
  }

  /** The first 50 aliases and versions that have some. */
  provisioned(name: string, signal: AbortSignal): Promise<ProvisionedConcurrency[]> {
    return provisioned(this.client, name, { abortSignal: signal });
  }

  /** What a version may use, by an alias or its number; of `$LATEST` without one. */
  async bounds(
    name: string,
    qualifier: string | undefined,
    signal: AbortSignal,
  ): Promise<Pick<FunctionSummary, 'timeout' | 'memory'>> {
    const command = new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: qualifier });
    return summary(await this.client.send(command, { abortSignal: signal }));
  }

  /** Runs a function once and waits for its answer. The caller's signal is the only time limit. */
  async invoke({ name, qualifier, payload }: FunctionCall, signal: AbortSignal): Promise<FunctionReply> {
    const command = new InvokeCommand({ FunctionName: name, Qualifier: qualifier, Payload: payload, LogType: 'Tail' });
    const reply = await this.invoking.send(command, { abortSignal: signal });
    return {
      payload: reply.Payload ?? new Uint8Array(),
      error: reply.FunctionError,
      version: reply.ExecutedVersion ?? '$LATEST',
      logTail: Buffer.from(reply.LogResult ?? '', 'base64').toString('utf8'),
      requestId: reply.$metadata.requestId ?? '',
    };
  }

  create(request: CreateFunctionCommandInput): Change {
    return change('CreateFunction', 'function', 'create', request.FunctionName!, async () => {
      const output = await this.client.send(new CreateFunctionCommand(request));
      return receipt(output, output.FunctionArn);
    });
  }

  updateCode(name: string, zip: Uint8Array, revision: string): Change {
    return change('UpdateFunctionCode', 'function', 'update', name, async () => {
      const command = new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: zip, RevisionId: revision });
      const output = await this.client.send(command);
      return receipt(output, output.FunctionArn);
    });
  }

  updateConfiguration(request: UpdateFunctionConfigurationCommandInput): Change {
    return change('UpdateFunctionConfiguration', 'function', 'update', request.FunctionName!, async () => {
      const output = await this.client.send(new UpdateFunctionConfigurationCommand(request));
      return receipt(output, output.FunctionArn);
    });
  }

  /** Nothing new is published when code and configuration are those of the last version: that one is answered. */
  publish(name: string, codeSha256: string, description?: string): Change<PublishReceipt> {
    return change('PublishVersion', 'function-version', 'create', name, async () => {
      const command = new PublishVersionCommand({
        FunctionName: name,
        CodeSha256: codeSha256,
        Description: description,
      });
      const output = await this.client.send(command);
      return { ...receipt(output, output.FunctionArn), version: output.Version! };
    });
  }

  createAlias(name: string, alias: string, version: string): Change {
    return change('CreateAlias', 'function-alias', 'create', `${name}:${alias}`, async () => {
      const command = new CreateAliasCommand({ FunctionName: name, Name: alias, FunctionVersion: version });
      const output = await this.client.send(command);
      return receipt(output, output.AliasArn);
    });
  }

  updateAlias(name: string, alias: string, version: string): Change {
    return change('UpdateAlias', 'function-alias', 'update', `${name}:${alias}`, async () => {
      const command = new UpdateAliasCommand({ FunctionName: name, Name: alias, FunctionVersion: version });
      const output = await this.client.send(command);
      return receipt(output, output.AliasArn);
    });
  }

  deleteAlias(name: string, alias: string): Change {
    return change('DeleteAlias', 'function-alias', 'delete', `${name}:${alias}`, async () =>
      receipt(await this.client.send(new DeleteAliasCommand({ FunctionName: name, Name: alias }))),
    );
  }

  /** @param concurrency undefined: none is reserved any more */
  reserve(name: string, concurrency: number | undefined): Change {
    return concurrency === undefined
      ? change('DeleteFunctionConcurrency', 'function', 'update', name, async () =>
          receipt(await this.client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: name }))),
        )
      : change('PutFunctionConcurrency', 'function', 'update', name, async () => {
          const reserved = { FunctionName: name, ReservedConcurrentExecutions: concurrency };
          return receipt(await this.client.send(new PutFunctionConcurrencyCommand(reserved)));
        });
  }

  /** @param concurrency undefined: nothing is provisioned any more */
  provision(name: string, qualifier: string, concurrency: number | undefined): Change {
    const place = { FunctionName: name, Qualifier: qualifier };
    return concurrency === undefined
      ? change('DeleteProvisionedConcurrencyConfig', 'function-alias', 'update', `${name}:${qualifier}`, async () =>
          receipt(await this.client.send(new DeleteProvisionedConcurrencyConfigCommand(place))),
        )
      : change('PutProvisionedConcurrencyConfig', 'function-alias', 'update', `${name}:${qualifier}`, async () => {
          const command = new PutProvisionedConcurrencyConfigCommand({
            ...place,
            ProvisionedConcurrentExecutions: concurrency,
          });
          return receipt(await this.client.send(command));
        });
  }

  /** With its versions and aliases. */
  delete(name: string): Change {
    return change('DeleteFunction', 'function', 'delete', name, async () =>
      receipt(await this.client.send(new DeleteFunctionCommand({ FunctionName: name }))),
    );
  }
}

function change<R extends Receipt>(
  operation: string,
  kind: Change['kind'],
  effect: Change['effect'],
  name: string,
  send: () => Promise<R>,
): Change<R> {
  return { operation, kind, effect, name, send };
}
