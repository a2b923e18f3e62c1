import {
  type FunctionConfiguration,
  GetFunctionCommand,
  type LambdaClient,
  ListAliasesCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { isNotFound } from '../errors.js';
import type { Page } from '../page.js';
import type {
  FunctionAlias,
  FunctionDetail,
  FunctionSetup,
  FunctionStatus,
  FunctionSummary,
  FunctionVersion,
  ProvisionedConcurrency,
} from './functions.js';

interface Options {
  readonly abortSignal: AbortSignal;
}

/** A function with its versions, aliases and concurrency. Undefined when there is none of this name. */
export async function describeFunction(
  client: LambdaClient,
  name: string,
  abortSignal: AbortSignal,
): Promise<FunctionDetail | undefined> {
  const options = { abortSignal };
  try {
    const [found, ofVersions, ofAliases, ofProvisioned] = await Promise.all([
      client.send(new GetFunctionCommand({ FunctionName: name }), options),
      versions(client, name, options),
      aliases(client, name, options),
      provisioned(client, name, options),
    ]);
    const configuration = found.Configuration!;
    return {
      ...summary(configuration),
      ...setup(configuration),
      ...status(configuration),
      codeSize: configuration.CodeSize ?? 0,
      architecture: configuration.Architectures?.[0] ?? 'x86_64',
      logGroup: logGroupOf(configuration),
      reservedConcurrency: found.Concurrency?.ReservedConcurrentExecutions,
      versions: ofVersions,
      aliases: ofAliases,
      provisioned: ofProvisioned,
      tags: found.Tags ?? {},
    };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function summary(configuration: FunctionConfiguration): FunctionSummary {
  return {
    name: configuration.FunctionName!,
    arn: configuration.FunctionArn!,
    runtime: configuration.Runtime,
    memory: configuration.MemorySize ?? 128,
    timeout: configuration.Timeout ?? 3,
    role: configuration.Role!,
    modified: new Date(configuration.LastModified!),
  };
}

function setup(configuration: FunctionConfiguration): FunctionSetup {
  return {
    runtime: configuration.Runtime,
    memory: configuration.MemorySize ?? 128,
    timeout: configuration.Timeout ?? 3,
    handler: configuration.Handler ?? '',
    role: configuration.Role!,
    environment: configuration.Environment?.Variables ?? {},
    codeSha256: configuration.CodeSha256!,
  };
}

export function status(configuration: FunctionConfiguration): FunctionStatus {
  return {
    state: configuration.State ?? 'Active',
    reason: configuration.StateReason ?? configuration.LastUpdateStatusReason,
    update: configuration.LastUpdateStatus ?? 'Successful',
    revision: configuration.RevisionId!,
  };
}

function paged(marker: string | undefined) {
  return { MaxItems: 50, Marker: marker };
}

/** What all pages of a List operation hold. */
async function every<T>(list: (marker: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let marker: string | undefined;
  do {
    const { items, token } = await list(marker);
    all.push(...items);
    marker = token;
  } while (marker !== undefined);
  return all;
}

/** `/aws/lambda/<name>` unless the function was told another group. */
export function logGroupOf({ LoggingConfig, FunctionName }: FunctionConfiguration): string {
  return LoggingConfig?.LogGroup ?? `/aws/lambda/${FunctionName}`;
}

async function versions(client: LambdaClient, name: string, options: Options): Promise<FunctionVersion[]> {
  const versions = await every(async (marker) => {
    const command = new ListVersionsByFunctionCommand({ ...paged(marker), FunctionName: name });
    const { Versions, NextMarker } = await client.send(command, options);
    return { items: Versions ?? [], token: NextMarker };
  });
  return versions
    .filter(({ Version }) => Version !== '$LATEST')
    .map((version) => ({
      ...setup(version),
      version: version.Version!,
      description: version.Description ?? '',
      modified: new Date(version.LastModified!),
    }))
    .sort((a, b) => Number(b.version) - Number(a.version));
}

async function aliases(client: LambdaClient, name: string, options: Options): Promise<FunctionAlias[]> {
  const aliases = await every(async (marker) => {
    const command = new ListAliasesCommand({ ...paged(marker), FunctionName: name });
    const { Aliases, NextMarker } = await client.send(command, options);
    return { items: Aliases ?? [], token: NextMarker };
  });
  return aliases.map((alias) => ({ name: alias.Name!, arn: alias.AliasArn!, version: alias.FunctionVersion! }));
}

export async function provisioned(
  client: LambdaClient,
  name: string,
  options: Options,
): Promise<ProvisionedConcurrency[]> {
  const configs = await every(async (marker) => {
    const command = new ListProvisionedConcurrencyConfigsCommand({ ...paged(marker), FunctionName: name });
    const { ProvisionedConcurrencyConfigs, NextMarker } = await client.send(command, options);
    return { items: ProvisionedConcurrencyConfigs ?? [], token: NextMarker };
  });
  return configs.map((config) => ({
    qualifier: config.FunctionArn!.split(':').at(-1)!,
    requested: config.RequestedProvisionedConcurrentExecutions ?? 0,
    available: config.AvailableProvisionedConcurrentExecutions ?? 0,
    status: config.Status!,
    reason: config.StatusReason,
  }));
}
