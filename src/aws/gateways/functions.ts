import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type LambdaClient,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListVersionsByFunctionCommand,
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
import type { Page, PageRequest } from '../page.js';

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
  readonly modified: Date;
}

export interface FunctionDetail extends FunctionSummary {
  readonly state: FunctionState;
  /** Why it is in this state, or why the last update failed, in the service's words. */
  readonly reason: string | undefined;
  /** The last update of code or configuration: until it is over the next one is refused. */
  readonly update: 'Successful' | 'InProgress' | 'Failed';
  readonly handler: string;
  readonly role: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Base64 SHA-256 of the zip. */
  readonly codeSha256: string;
  /** Bytes of the zip. */
  readonly codeSize: number;
  /** Changes with every update of code or configuration. */
  readonly revision: string;
  /** Undefined: it shares what the account has left. */
  readonly reservedConcurrency: number | undefined;
  /** Newest first, without `$LATEST`. */
  readonly versions: readonly FunctionVersion[];
  readonly aliases: readonly FunctionAlias[];
  readonly provisioned: readonly ProvisionedConcurrency[];
}

export interface FunctionVersion {
  /** A number, as text. */
  readonly version: string;
  readonly description: string;
  readonly modified: Date;
  readonly codeSha256: string;
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

  /** By name: Lambda's own order. 50 a page, its maximum. */
  async list({ token }: PageRequest, signal: AbortSignal): Promise<Page<FunctionSummary>> {
    const command = new ListFunctionsCommand({ MaxItems: 50, Marker: token });
    const { Functions, NextMarker } = await this.client.send(command, { abortSignal: signal });
    return { items: (Functions ?? []).map(summary), token: NextMarker };
  }

  /** Undefined when there is no such function. Four calls. */
  async describe(name: string, signal: AbortSignal): Promise<FunctionDetail | undefined> {
    const options = { abortSignal: signal };
    try {
      const found = await this.client.send(new GetFunctionCommand({ FunctionName: name }), options);
      const [versions, aliases, provisioned] = await Promise.all([
        this.versions(name, options),
        this.aliases(name, options),
        this.provisioned(name, options),
      ]);
      const configuration = found.Configuration!;
      return {
        ...summary(configuration),
        state: configuration.State ?? 'Active',
        reason: configuration.StateReason ?? configuration.LastUpdateStatusReason,
        update: configuration.LastUpdateStatus ?? 'Successful',
        handler: configuration.Handler ?? '',
        role: configuration.Role!,
        environment: configuration.Environment?.Variables ?? {},
        codeSha256: configuration.CodeSha256!,
        codeSize: configuration.CodeSize ?? 0,
        revision: configuration.RevisionId!,
        reservedConcurrency: found.Concurrency?.ReservedConcurrentExecutions,
        versions,
        aliases,
        provisioned,
      };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
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

  private async versions(name: string, options: { abortSignal: AbortSignal }): Promise<FunctionVersion[]> {
    const versions: FunctionVersion[] = [];
    let marker: string | undefined;
    do {
      const command = new ListVersionsByFunctionCommand({ FunctionName: name, MaxItems: 50, Marker: marker });
      const { Versions, NextMarker } = await this.client.send(command, options);
      for (const { Version, Description, LastModified, CodeSha256 } of Versions ?? []) {
        if (Version === '$LATEST') continue;
        versions.push({
          version: Version!,
          description: Description ?? '',
          modified: new Date(LastModified!),
          codeSha256: CodeSha256!,
        });
      }
      marker = NextMarker;
    } while (marker !== undefined);
    return versions.sort((a, b) => Number(b.version) - Number(a.version));
  }

  private async aliases(name: string, options: { abortSignal: AbortSignal }): Promise<FunctionAlias[]> {
    const command = new ListAliasesCommand({ FunctionName: name, MaxItems: 50 });
    const { Aliases } = await this.client.send(command, options);
    return (Aliases ?? []).map((alias) => ({
      name: alias.Name!,
      arn: alias.AliasArn!,
      version: alias.FunctionVersion!,
    }));
  }

  private async provisioned(name: string, options: { abortSignal: AbortSignal }): Promise<ProvisionedConcurrency[]> {
    const command = new ListProvisionedConcurrencyConfigsCommand({ FunctionName: name, MaxItems: 50 });
    const { ProvisionedConcurrencyConfigs: configs } = await this.client.send(command, options);
    return (configs ?? []).map((config) => ({
      qualifier: config.FunctionArn!.split(':').at(-1)!,
      requested: config.RequestedProvisionedConcurrentExecutions ?? 0,
      available: config.AvailableProvisionedConcurrentExecutions ?? 0,
      status: config.Status!,
      reason: config.StatusReason,
    }));
  }
}

function summary(configuration: FunctionConfiguration): FunctionSummary {
  return {
    name: configuration.FunctionName!,
    arn: configuration.FunctionArn!,
    runtime: configuration.Runtime,
    memory: configuration.MemorySize ?? 128,
    timeout: configuration.Timeout ?? 3,
    modified: new Date(configuration.LastModified!),
  };
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
