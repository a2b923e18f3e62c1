import type * as Api from '@aws-sdk/client-lambda';
import { type Operation, ServiceError } from '../../protocol/service.js';
import { conflict, invalidParameter } from './errors.js';
import type { FunctionInput, FunctionReference } from './functionArn.js';
import { type FunctionRecord, lambdaTime, type ProvisionedConfig, versionOf } from './functionRecord.js';
import { listPage } from './listing.js';
import { unzippedQuota } from './packages.js';
import { type LambdaParts, specOf } from './parts.js';

/** What stays for functions that reserve nothing ("Lambda quotas"); an account with less keeps all of it. */
const leastUnreserved = 100;

/**
 * Reserved and provisioned concurrency: what is asked for. What runs is the engine's.
 * Texts: localstack, test_lambda_api.snapshot.json (TestLambdaReservedConcurrency, TestLambdaProvisionedConcurrency).
 */
export class Concurrency {
  /** @param accountLimit of functions that run at a time, in the account */
  constructor(
    private readonly parts: LambdaParts,
    private readonly accountLimit: number,
  ) {}

  operations(): Record<string, Operation> {
    const { functions } = this.parts;
    const { resource } = functions.arns;
    return {
      PutFunctionConcurrency: { resource, run: (input: Api.PutFunctionConcurrencyRequest) => this.reserve(input) },
      GetFunctionConcurrency: {
        resource,
        run: (input: Api.GetFunctionConcurrencyRequest) => {
          const { reserved } = functions.get(functions.arns.read(input));
          return { ReservedConcurrentExecutions: reserved };
        },
      },
      DeleteFunctionConcurrency: {
        resource,
        run: (input: Api.DeleteFunctionConcurrencyRequest) => {
          const { reserved: _, ...record } = functions.get(functions.arns.read(input));
          functions.put(record);
          this.parts.engine.reserve(record.name, undefined);
        },
      },
      PutProvisionedConcurrencyConfig: {
        resource,
        run: (input: Api.PutProvisionedConcurrencyConfigRequest) => this.provision(input),
      },
      GetProvisionedConcurrencyConfig: {
        resource,
        run: (input: Api.GetProvisionedConcurrencyConfigRequest) => {
          const { record, qualifier } = this.published(input);
          const config = record.provisioned.find((one) => one.qualifier === qualifier);
          if (config) return this.describe(record, config);
          throw new ServiceError(
            'ProvisionedConcurrencyConfigNotFoundException',
            'No Provisioned Concurrency Config found for this function',
            404,
            { Type: 'User' },
          );
        },
      },
      ListProvisionedConcurrencyConfigs: {
        resource,
        run: (input: Api.ListProvisionedConcurrencyConfigsRequest) => {
          const record = functions.get(functions.arns.read(input));
          const { page, NextMarker } = listPage(record.provisioned, ({ qualifier }) => qualifier, input);
          const ProvisionedConcurrencyConfigs = page.map((config) => ({
            FunctionArn: functions.arns.of({ name: record.name, qualifier: config.qualifier }),
            ...this.describe(record, config),
          }));
          return { ProvisionedConcurrencyConfigs, NextMarker };
        },
      },
      DeleteProvisionedConcurrencyConfig: {
        resource,
        run: (input: Api.DeleteProvisionedConcurrencyConfigRequest) => {
          const { record, qualifier } = this.published(input);
          this.withdraw(record, qualifier);
          functions.put({
            ...record,
            provisioned: record.provisioned.filter((config) => config.qualifier !== qualifier),
          });
        },
      },
      GetAccountSettings: { resource: () => '*', run: () => this.accountSettings() },
    };
  }

  /** Tells the engine of all that an earlier sandbox was asked for. */
  start(): void {
    for (const record of this.parts.functions.all()) {
      if (record.reserved !== undefined) this.parts.engine.reserve(record.name, record.reserved);
      for (const { qualifier } of record.provisioned) this.apply(record, qualifier);
    }
  }

  /** Tells the engine what the qualifier serves now, when something is provisioned for it. */
  apply(record: FunctionRecord, qualifier: string): void {
    const config = record.provisioned.find((one) => one.qualifier === qualifier);
    const version = versionOf(record, qualifier);
    if (config && version) {
      this.parts.engine.provision(record.name, qualifier, specOf(this.parts, record, version), config.count);
    }
  }

  /** What is provisioned for an alias goes with it. @throws {ServiceError} when it cannot be for this version */
  requireMovable(record: FunctionRecord, alias: string, version: string): void {
    if (!record.provisioned.some(({ qualifier }) => qualifier === alias)) return;
    requirePublished(version);
    requireFree(record, version, alias);
  }

  /** Ends what is provisioned for the qualifier; to be called while the record still knows it. */
  withdraw(record: FunctionRecord, qualifier: string): void {
    const config = record.provisioned.find((one) => one.qualifier === qualifier);
    const version = versionOf(record, qualifier);
    if (config && version) {
      this.parts.engine.provision(record.name, qualifier, specOf(this.parts, record, version), 0);
    }
  }

  private reserve(input: Api.PutFunctionConcurrencyRequest): Api.Concurrency {
    const { functions, engine } = this.parts;
    const { name, qualifier } = functions.arns.read(input);
    if (qualifier !== undefined) {
      throw invalidParameter(
        'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. ' +
          'Please specify either a function name or an unqualified function ARN.',
      );
    }
    const record = functions.find(name) ?? functions.get({ name, qualifier: '$LATEST' });
    const { ReservedConcurrentExecutions: reserved = 0 } = input;
    const least = this.leastUnreserved();
    if (this.unreserved(record) - reserved < least) {
      throw withoutType(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below " +
          `its minimum value of [${least}].`,
      );
    }
    const provisioned = sum(record.provisioned.map(({ count }) => count));
    if (provisioned > reserved) {
      throw withoutType(
        ` ReservedConcurrentExecutions  ${reserved} should not be lower than function's total provisioned concurrency ` +
          `[${provisioned}].`,
      );
    }
    functions.put({ ...record, reserved });
    engine.reserve(name, reserved);
    return { ReservedConcurrentExecutions: reserved };
  }

  private provision(input: Api.PutProvisionedConcurrencyConfigRequest) {
    const { functions, clock } = this.parts;
    const reference = functions.arns.read(input);
    const { qualifier = '$LATEST' } = reference;
    requirePublished(qualifier);
    const { record, version } = functions.resolvePublished({ ...reference, qualifier });
    requirePublished(version.version);
    requireFree(record, version.version, qualifier);
    const count = input.ProvisionedConcurrentExecutions ?? 1;
    const others = record.provisioned.filter((config) => config.qualifier !== qualifier);
    this.requireRoom(record, sum(others.map((config) => config.count)), count);

    const config = { qualifier, count, modified: new Date(clock.now()) };
    const provisioned = [...others, config].sort((a, b) => (a.qualifier < b.qualifier ? -1 : 1));
    this.apply(functions.put({ ...record, provisioned }), qualifier);
    // What is there is told by GetProvisionedConcurrencyConfig: this answer is that it has been asked for.
    return {
      RequestedProvisionedConcurrentExecutions: count,
      AllocatedProvisionedConcurrentExecutions: 0,
      AvailableProvisionedConcurrentExecutions: 0,
      Status: 'IN_PROGRESS',
      LastModified: lambdaTime(config.modified),
    };
  }

  private requireRoom(record: FunctionRecord, others: number, count: number): void {
    if (record.reserved !== undefined) {
      if (others + count <= record.reserved) return;
      throw invalidParameter(
        'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
      );
    }
    const unreserved = this.unreserved(record) - others;
    if (count > unreserved) {
      throw withoutType(
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency " +
          `[${unreserved}].`,
      );
    }
    const least = this.leastUnreserved();
    if (unreserved - count < least) {
      throw withoutType(
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its " +
          `minimum value of [${least}].`,
      );
    }
  }

  private describe({ name }: FunctionRecord, { qualifier, count, modified }: ProvisionedConfig) {
    const now = this.parts.engine.provisioned(name, qualifier);
    return {
      RequestedProvisionedConcurrentExecutions: count,
      AllocatedProvisionedConcurrentExecutions: now?.allocated ?? 0,
      AvailableProvisionedConcurrentExecutions: now?.available ?? 0,
      Status: now?.status ?? 'IN_PROGRESS',
      StatusReason: now?.statusReason,
      LastModified: lambdaTime(modified),
    };
  }

  private published(input: FunctionInput): { readonly record: FunctionRecord; readonly qualifier: string } {
    const { functions } = this.parts;
    const reference: FunctionReference = functions.arns.read(input);
    const { qualifier } = reference;
    if (qualifier === undefined || qualifier === '$LATEST') {
      throw invalidParameter('The function resource provided must be an alias or a published version.');
    }
    return { record: functions.resolvePublished({ ...reference, qualifier }).record, qualifier };
  }

  /** What the account has left for functions that reserve nothing, `but` for one of them. */
  private unreserved(but?: FunctionRecord): number {
    const taken = this.parts.functions
      .all()
      .filter(({ name }) => name !== but?.name)
      .map(({ reserved, provisioned }) => reserved ?? sum(provisioned.map(({ count }) => count)));
    return this.accountLimit - sum(taken);
  }

  private leastUnreserved(): number {
    return Math.min(leastUnreserved, this.accountLimit);
  }

  private accountSettings(): Api.GetAccountSettingsResponse {
    const all = this.parts.functions.all();
    const sizes = all.flatMap(({ latest, versions }) => [latest, ...versions].map(({ code }) => code.size));
    return {
      AccountLimit: {
        TotalCodeSize: 80_530_636_800,
        CodeSizeUnzipped: unzippedQuota,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: this.accountLimit,
        UnreservedConcurrentExecutions: this.unreserved(),
      },
      AccountUsage: { TotalCodeSize: sum(sizes), FunctionCount: all.length },
    };
  }
}

function requirePublished(version: string): void {
  if (version !== '$LATEST') return;
  throw invalidParameter('Provisioned Concurrency Configs cannot be applied to unpublished function versions.');
}

/** A version is provisioned for itself or through an alias, not both. */
function requireFree(record: FunctionRecord, version: string, qualifier: string): void {
  const configured = record.provisioned.map((config) => config.qualifier);
  if (qualifier !== version) {
    if (!configured.includes(version)) return;
    throw conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
  }
  const aliases = record.aliases.filter((alias) => alias.version === version && configured.includes(alias.name));
  if (aliases.length > 0) throw conflict('Version is pointed by a Provisioned Concurrency alias');
}

/** These refusals come without a Type, unlike all others (TestLambdaReservedConcurrency). */
function withoutType(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
