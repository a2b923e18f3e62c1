import type * as Api from '@aws-sdk/client-lambda';
import type { FunctionReference } from './functionArn.js';

type Decided =
  | ('Role' | 'Runtime' | 'Handler' | 'Description' | 'Timeout' | 'MemorySize')
  | ('TracingConfig' | 'Architectures' | 'EphemeralStorage' | 'LoggingConfig');

/** What the caller decides of a version, in the words of the API, with every default filled in. */
export type Configuration = Pick<Api.FunctionConfiguration, 'Environment'> & {
  readonly [Member in Decided]: NonNullable<Api.FunctionConfiguration[Member]>;
};

/** A deployment package that is kept. */
export interface CodePackage {
  /** Base64, as CodeSha256. */
  readonly sha256: string;
  /** Bytes of the zip. */
  readonly size: number;
}

/** `$LATEST`, or a version that was published from it. */
export interface FunctionVersion {
  readonly version: string;
  /** Another one whenever anything of it has changed, its state included. */
  readonly revisionId: string;
  /** Another one with every update of code or configuration: what environments are made of. */
  readonly generation: string;
  readonly modified: Date;
  readonly code: CodePackage;
  readonly configuration: Configuration;
  readonly state: 'Pending' | 'Active';
  /** An update is under way. */
  readonly updating: boolean;
  /** Of a published version: what stands for the content of `$LATEST` at that time. */
  readonly publishedFrom?: string;
}

export interface FunctionAlias {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly revisionId: string;
}

/** A statement of a resource policy, as AddPermission answers it. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: '*' | Readonly<Record<string, string>>;
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface ResourcePolicy {
  /** Undefined: of the function itself. */
  readonly qualifier?: string;
  readonly statements: readonly PolicyStatement[];
}

export interface ProvisionedConfig {
  readonly qualifier: string;
  readonly count: number;
  readonly modified: Date;
}

/** A function with all that belongs to it. Lists and not maps: `constructor` is a good name for an alias. */
export interface FunctionRecord {
  readonly name: string;
  readonly latest: FunctionVersion;
  /** The one that was published last, also when it is gone: a number is never used again. */
  readonly lastVersion: number;
  /** Published and not deleted, oldest first. */
  readonly versions: readonly FunctionVersion[];
  readonly aliases: readonly FunctionAlias[];
  readonly policies: readonly ResourcePolicy[];
  readonly reserved?: number;
  readonly provisioned: readonly ProvisionedConfig[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The version that a qualifier names. */
export function versionOf(record: FunctionRecord, qualifier = '$LATEST'): FunctionVersion | undefined {
  if (qualifier === '$LATEST') return record.latest;
  const alias = record.aliases.find(({ name }) => name === qualifier);
  const number = alias?.version ?? qualifier;
  return number === '$LATEST' ? record.latest : record.versions.find(({ version }) => version === number);
}

export function packagesOf({ latest, versions }: FunctionRecord): string[] {
  return [latest, ...versions].map(({ code }) => code.sha256);
}

/** @param arn with the qualifier by which it was asked for */
export function describeVersion(
  { name }: FunctionRecord,
  version: FunctionVersion,
  arn: string,
): Api.FunctionConfiguration {
  return {
    ...describeListed(name, version, arn),
    State: version.state,
    ...(version.state === 'Pending' && { StateReason: beingCreated, StateReasonCode: 'Creating' }),
    ...(version.updating
      ? {
          LastUpdateStatus: 'InProgress',
          LastUpdateStatusReason: beingCreated,
          LastUpdateStatusReasonCode: 'Creating' as Api.LastUpdateStatusReasonCode,
        }
      : version.state === 'Active' && { LastUpdateStatus: 'Successful' }),
  };
}

/** AWS's reason for updates too (localstack, test_lambda_api.snapshot.json: test_version_lifecycle). */
const beingCreated = 'The function is being created.';

/** Lists leave out the states (ListFunctions, API reference). */
export function describeListed(name: string, version: FunctionVersion, arn: string): Api.FunctionConfiguration {
  return {
    FunctionName: name,
    FunctionArn: arn,
    ...version.configuration,
    Version: version.version,
    CodeSha256: version.code.sha256,
    CodeSize: version.code.size,
    LastModified: lambdaTime(version.modified),
    RevisionId: version.revisionId,
    PackageType: 'Zip',
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
  };
}

/** `2026-01-02T03:04:05.678+0000`: Lambda's times are strings, in ISO 8601's basic form of the zone. */
export function lambdaTime(date: Date): string {
  return date.toISOString().replace('Z', '+0000');
}

/** Whether they name the same resource: nothing and `$LATEST` do. */
export function sameQualifier(a: FunctionReference['qualifier'], b: FunctionReference['qualifier']): boolean {
  return (a ?? '$LATEST') === (b ?? '$LATEST');
}
