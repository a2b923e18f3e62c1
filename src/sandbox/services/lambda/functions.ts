import { randomUUID } from 'node:crypto';
import type * as Api from '@aws-sdk/client-lambda';
import type { Operation, RequestContext } from '../../protocol/service.js';
import type { CodeSource } from './codeSource.js';
import type { Concurrency } from './concurrency.js';
import { configurationOf } from './configuration.js';
import { conflict, invalidParameter, requireRevision } from './errors.js';
import type { FunctionInput } from './functionArn.js';
import {
  type CodePackage,
  describeListed,
  describeVersion,
  type FunctionRecord,
  type FunctionVersion,
  packagesOf,
  sameQualifier,
} from './functionRecord.js';
import { requireSettled, revised } from './functionStore.js';
import { listPage, type ListInput, versionKey } from './listing.js';
import type { PackageLinks } from './packageLinks.js';
import type { LambdaParts } from './parts.js';
import { requestTags, Tags } from './tags.js';
import { publish } from './versions.js';

export interface FunctionsOptions extends LambdaParts {
  readonly code: CodeSource;
  readonly links: PackageLinks;
  readonly concurrency: Concurrency;
}

/**
 * Milliseconds for which a new function is Pending and a change InProgress. Nothing takes so long here; but on AWS it
 * takes seconds, and a script that does not wait for it should find out before it gets there.
 */
const settling = 100;

/** Functions and their `$LATEST`: create, read, list, update, delete. */
export class Functions {
  /** What ends the waits of those that settle. */
  private readonly waits = new Set<() => void>();

  constructor(private readonly options: FunctionsOptions) {}

  operations(): Record<string, Operation> {
    const { resource } = this.options.functions.arns;
    return {
      CreateFunction: {
        resource,
        conditionKeys: requestTags,
        run: (input: Api.CreateFunctionRequest, context) => this.create(input, context),
      },
      GetFunction: { resource, run: (input: Api.GetFunctionRequest) => this.describeAll(input) },
      GetFunctionConfiguration: {
        resource,
        run: (input: Api.GetFunctionConfigurationRequest) => this.describe(input),
      },
      ListFunctions: { resource: () => '*', run: (input: Api.ListFunctionsRequest) => this.list(input) },
      UpdateFunctionCode: {
        resource,
        run: (input: Api.UpdateFunctionCodeRequest, context) => this.updateCode(input, context),
      },
      UpdateFunctionConfiguration: {
        resource,
        run: (input: Api.UpdateFunctionConfigurationRequest, context) => this.updateConfiguration(input, context),
      },
      DeleteFunction: { resource, run: (input: Api.DeleteFunctionRequest) => this.delete(input) },
    };
  }

  /** Ends what a function was in the middle of when the last sandbox ended: there is nothing left to wait for. */
  start(): void {
    for (const { name } of this.options.functions.all()) this.settle(name);
  }

  /** What has not settled does at the next start. */
  close(): void {
    for (const cancel of this.waits) cancel();
  }

  private async create(input: Api.CreateFunctionRequest, { caller }: RequestContext) {
    const { functions, roles, access, packages, code } = this.options;
    const { name, qualifier } = functions.arns.read(input);
    const arn = functions.arns.of({ name, qualifier: undefined });
    checkNewName(name, qualifier);
    const tags = Object.entries(input.Tags ?? {});
    if (tags.length > 0) access.require(caller, 'lambda:TagResource', arn);
    Tags.check(tags.length);
    const configuration = configurationOf(name, input);
    roles.requirePassable(caller, configuration.Role, name, arn);
    this.requireNew(name);
    const bundle = await code.bring(input.Code ?? {}, caller);
    try {
      this.requireNew(name); // Somebody may have been quicker.
      const latest = this.version(bundle, configuration);
      const bare: FunctionRecord = {
        ...{ name, latest, lastVersion: 0, tags: Object.fromEntries(tags) },
        ...{ versions: [], aliases: [], policies: [], provisioned: [] },
      };
      const { next, version } = input.Publish
        ? publish(bare, latest.modified, undefined)
        : { next: bare, version: latest };
      functions.put(next);
      this.settleLater(name);
      return describeVersion(next, version, arn);
    } finally {
      packages.release(bundle.sha256);
    }
  }

  private requireNew(name: string): void {
    if (this.options.functions.find(name)) throw conflict(`Function already exist: ${name}`);
  }

  private version(code: CodePackage, configuration: FunctionVersion['configuration']): FunctionVersion {
    return {
      ...{ version: '$LATEST', revisionId: randomUUID(), generation: randomUUID(), modified: this.now() },
      ...{ code, configuration, state: 'Pending', updating: false },
    };
  }

  private describe(input: FunctionInput): Api.FunctionConfiguration {
    const { functions } = this.options;
    const reference = functions.arns.read(input);
    const { record, version } = functions.resolve(reference);
    return describeVersion(record, version, functions.arns.of(reference));
  }

  private describeAll(input: FunctionInput): Api.GetFunctionResponse {
    const { functions, links } = this.options;
    const { record, version } = functions.resolve(functions.arns.read(input));
    return {
      Configuration: this.describe(input),
      Code: { RepositoryType: 'S3', Location: links.of(version.code.sha256) },
      ...(Object.keys(record.tags).length > 0 && { Tags: record.tags }),
      ...(record.reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: record.reserved } }),
    };
  }

  private list({ FunctionVersion, ...input }: Api.ListFunctionsRequest) {
    const { functions } = this.options;
    const everything = FunctionVersion === 'ALL';
    const items = functions
      .all()
      .flatMap(({ name, latest, versions }) =>
        (everything ? [latest, ...versions] : [latest]).map((version) => ({ name, version })),
      );
    // A space comes before every character of a name: the keys are in the order of the names.
    const keyOf = ({ name, version }: (typeof items)[number]) => `${name} ${versionKey(version.version)}`;
    const { page, NextMarker } = listPage(items, keyOf, input as ListInput);
    // Of all versions, $LATEST is named as one of them (localstack, test_list_functions).
    const Functions = page.map(({ name, version }) =>
      describeListed(name, version, functions.arns.of({ name, qualifier: everything ? version.version : undefined })),
    );
    return { Functions, NextMarker };
  }

  private async updateCode(input: Api.UpdateFunctionCodeRequest, { caller }: RequestContext) {
    const { packages, code } = this.options;
    this.changeable(input);
    const bundle = await code.bring(input, caller);
    try {
      const record = this.changeable(input); // Time has passed.
      const { configuration } = record.latest;
      const { Architectures = configuration.Architectures } = input;
      return this.update(record, { code: bundle, configuration: { ...configuration, Architectures } }, input);
    } finally {
      packages.release(bundle.sha256);
    }
  }

  private updateConfiguration(input: Api.UpdateFunctionConfigurationRequest, { caller }: RequestContext) {
    const { functions, roles } = this.options;
    const record = this.changeable(input);
    const { name } = record;
    const configuration = configurationOf(name, input, record.latest.configuration);
    if (input.Role !== undefined) {
      roles.requirePassable(caller, input.Role, name, functions.arns.of({ name, qualifier: undefined }));
    }
    return this.update(record, { configuration }, {});
  }

  /** @throws {ServiceError} when the function may not be changed, or not now */
  private changeable(input: FunctionInput & { readonly RevisionId?: string | undefined }): FunctionRecord {
    const { functions } = this.options;
    const reference = functions.arns.read(input);
    const record = functions.get(reference);
    if (!sameQualifier(reference.qualifier, undefined)) {
      // appleboy/lambda-action#6
      throw invalidParameter('Current operation does not support versions other than $LATEST');
    }
    requireSettled(record, functions.arns.of({ name: record.name, qualifier: undefined }));
    requireRevision(input.RevisionId, record.latest.revisionId);
    return record;
  }

  private update(
    record: FunctionRecord,
    change: Partial<FunctionVersion>,
    { Publish, PublishTo, DryRun }: Pick<Api.UpdateFunctionCodeRequest, 'Publish' | 'PublishTo' | 'DryRun'>,
  ): Api.FunctionConfiguration {
    const { functions, packages } = this.options;
    if (PublishTo !== undefined) throw invalidParameter('PublishTo is for functions on managed instances.');
    const { name } = record;
    const moved = { ...change, generation: randomUUID(), modified: this.now(), updating: true };
    const changed = { ...record, latest: revised(record.latest, moved) };
    const { next, version } = Publish
      ? publish(changed, this.now(), undefined)
      : { next: changed, version: changed.latest };
    if (!DryRun) {
      functions.put(next);
      packages.discard([record.latest.code.sha256]);
      this.settleLater(name);
    }
    return describeVersion(
      next,
      version,
      functions.arns.of({ name, qualifier: Publish ? version.version : undefined }),
    );
  }

  /** What a missing version and an alias are answered with was measured on AWS: floci-io/floci#2824, localstack. */
  private delete(input: FunctionInput) {
    const { functions, packages, engine } = this.options;
    const reference = functions.arns.read(input);
    const { qualifier } = reference;
    if (qualifier === '$LATEST') {
      throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
    }
    if (qualifier !== undefined && !/^\d+$/.test(qualifier)) {
      throw invalidParameter('Deletion of aliases is not currently supported.');
    }
    const record = functions.get({ ...reference, qualifier: undefined });
    if (qualifier === undefined) {
      functions.delete(record.name);
      engine.remove(record.name);
    } else {
      const aliases = record.aliases.filter(({ version }) => version === qualifier).map(({ name }) => name);
      if (aliases.length > 0) {
        throw conflict(`Unable to delete version because the following aliases reference it: [${aliases.join(', ')}]`);
      }
      this.options.concurrency.withdraw(record, qualifier);
      const others = <T extends { readonly qualifier?: string }>(all: readonly T[]) =>
        all.filter((one) => !sameQualifier(one.qualifier, qualifier));
      functions.put({
        ...record,
        versions: record.versions.filter(({ version }) => version !== qualifier),
        policies: others(record.policies),
        provisioned: others(record.provisioned),
      });
    }
    packages.discard(packagesOf(record));
    return { StatusCode: 204 };
  }

  private settleLater(name: string): void {
    const cancel = this.options.clock.after(settling, () => {
      this.waits.delete(cancel);
      this.settle(name);
    });
    this.waits.add(cancel);
  }

  private settle(name: string): void {
    const { functions } = this.options;
    const record = functions.find(name);
    if (!record) return;
    const unsettled = ({ state, updating }: FunctionVersion) => state === 'Pending' || updating;
    if (![record.latest, ...record.versions].some(unsettled)) return;
    const settled = (version: FunctionVersion) =>
      unsettled(version) ? revised(version, { state: 'Active', updating: false }) : version;
    functions.put({ ...record, latest: settled(record.latest), versions: record.versions.map(settled) });
  }

  private now(): Date {
    return new Date(this.options.clock.now());
  }
}

/** Measured by localstack (test_function_arns): the model allows 140, for whole ARNs. */
function checkNewName(name: string, qualifier: string | undefined): void {
  if (name.length > 64) {
    const constraint = 'Member must have length less than or equal to 64';
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: ${constraint}`,
    );
  }
  if (qualifier !== undefined) throw invalidParameter('A function is created without a version or alias in its name.');
}
