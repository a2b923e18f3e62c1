import { randomUUID } from 'node:crypto';
import type * as Api from '@aws-sdk/client-lambda';
import type { Operation } from '../../protocol/service.js';
import { refuse } from '../refusals.js';
import { conflict, notFound, requireRevision } from './errors.js';
import type { Concurrency } from './concurrency.js';
import type { FunctionAlias, FunctionRecord } from './functionRecord.js';
import { versionOf } from './functionRecord.js';
import { type FunctionStore, noAlias } from './functionStore.js';
import { listPage } from './listing.js';

interface AliasInput {
  readonly FunctionName?: string | undefined;
  readonly Name?: string | undefined;
}

/** Names for versions. Texts: localstack, test_lambda_api.snapshot.json (TestLambdaAlias). */
export class Aliases {
  constructor(
    private readonly functions: FunctionStore,
    private readonly concurrency: Concurrency,
  ) {}

  operations(): Record<string, Operation> {
    const { arns } = this.functions;
    // IAM sees the function: aliases have no actions of their own on themselves ("Actions […] for AWS Lambda").
    const resource = ({ FunctionName }: AliasInput) => arns.resource({ FunctionName });
    return {
      CreateAlias: { resource, run: (input: Api.CreateAliasRequest) => this.create(input) },
      UpdateAlias: { resource, run: (input: Api.UpdateAliasRequest) => this.update(input) },
      GetAlias: {
        resource,
        run: (input: Api.GetAliasRequest) => {
          const { record, alias } = this.find(input);
          return this.describe(record, alias);
        },
      },
      ListAliases: {
        resource,
        run: (input: Api.ListAliasesRequest) => {
          const { FunctionVersion: version } = input;
          const record = this.functions.get(arns.read(input));
          const aliases = record.aliases.filter((alias) => version === undefined || alias.version === version);
          const { page, NextMarker } = listPage(aliases, ({ name }) => name, input);
          return { Aliases: page.map((alias) => this.describe(record, alias)), NextMarker };
        },
      },
      DeleteAlias: {
        resource,
        run: (input: Api.DeleteAliasRequest) => {
          const record = this.functions.get(arns.read(input));
          const { Name: name = '' } = input;
          const others = <T extends { readonly qualifier?: string }>(all: readonly T[]) =>
            all.filter(({ qualifier }) => qualifier !== name);
          this.concurrency.withdraw(record, name);
          this.functions.put({
            ...record,
            aliases: record.aliases.filter((alias) => alias.name !== name),
            policies: others(record.policies),
            provisioned: others(record.provisioned),
          });
        },
      },
    };
  }

  private create(input: Api.CreateAliasRequest) {
    const { arns } = this.functions;
    const record = this.functions.get(arns.read(input));
    const { Name: name = '', FunctionVersion: version = '', Description = '' } = input;
    if (record.aliases.some((alias) => alias.name === name)) {
      throw conflict(`Alias already exists: ${arns.of({ name: record.name, qualifier: name })}`);
    }
    this.check(record, version, input.RoutingConfig);
    return this.put(record, { name, version, description: Description, revisionId: randomUUID() });
  }

  private update(input: Api.UpdateAliasRequest) {
    const { arns } = this.functions;
    const { name } = arns.read(input);
    const record = this.functions.find(name);
    const alias = record?.aliases.find((one) => one.name === input.Name);
    // Another text than GetAlias has (test_non_existent_alias_update).
    if (!record || !alias) throw notFound(`Alias not found: ${arns.of({ name, qualifier: input.Name })}`);
    requireRevision(input.RevisionId, alias.revisionId);
    const { FunctionVersion: version = alias.version, Description: description = alias.description } = input;
    this.check(record, version, input.RoutingConfig);
    this.concurrency.requireMovable(record, alias.name, version);
    return this.put(record, { ...alias, version, description, revisionId: randomUUID() });
  }

  private check(record: FunctionRecord, version: string, routing: Api.AliasRoutingConfiguration | undefined): void {
    const weights = Object.keys(routing?.AdditionalVersionWeights ?? {});
    refuse({ 'weights of aliases (RoutingConfig)': weights.length > 0 });
    if (!versionOf(record, version)) {
      throw notFound(`Function not found: ${this.functions.arns.of({ name: record.name, qualifier: version })}`);
    }
  }

  private put(record: FunctionRecord, alias: FunctionAlias): Api.AliasConfiguration {
    const others = record.aliases.filter(({ name }) => name !== alias.name);
    const aliases = [...others, alias].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.concurrency.apply(this.functions.put({ ...record, aliases }), alias.name);
    return this.describe(record, alias);
  }

  private find(input: AliasInput): { readonly record: FunctionRecord; readonly alias: FunctionAlias } {
    const { arns } = this.functions;
    const { name } = arns.read({ FunctionName: input.FunctionName });
    const record = this.functions.find(name);
    const alias = record?.aliases.find((one) => one.name === input.Name);
    if (!record || !alias) throw noAlias(arns.of({ name, qualifier: input.Name }));
    return { record, alias };
  }

  private describe(record: FunctionRecord, alias: FunctionAlias): Api.AliasConfiguration {
    return {
      AliasArn: this.functions.arns.of({ name: record.name, qualifier: alias.name }),
      Name: alias.name,
      FunctionVersion: alias.version,
      Description: alias.description,
      RevisionId: alias.revisionId,
    };
  }
}
