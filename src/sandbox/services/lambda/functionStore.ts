import { randomUUID } from 'node:crypto';
import type { Collection, Store } from '../../store/store.js';
import { conflict, notFound } from './errors.js';
import { type FunctionArns, type FunctionReference, isAlias } from './functionArn.js';
import { type FunctionRecord, type FunctionVersion, versionOf } from './functionRecord.js';

/** The functions of the account, as every operation looks them up. */
export class FunctionStore {
  private readonly functions: Collection<FunctionRecord>;

  constructor(
    store: Store,
    readonly arns: FunctionArns,
  ) {
    this.functions = store.collection<FunctionRecord>('function');
  }

  find(name: string): FunctionRecord | undefined {
    return this.functions.get(name);
  }

  /** By name. */
  all(): FunctionRecord[] {
    return [...this.functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  put(record: FunctionRecord): FunctionRecord {
    return this.functions.put(record.name, record);
  }

  delete(name: string): void {
    this.functions.delete(name);
  }

  /** @throws {ServiceError} ResourceNotFoundException, with the ARN as the caller named it */
  get(reference: FunctionReference): FunctionRecord {
    const record = this.functions.get(reference.name);
    if (!record) throw notFound(`Function not found: ${this.arns.of(reference)}`);
    return record;
  }

  /** The version that the caller means. @throws {ServiceError} ResourceNotFoundException */
  resolve(reference: FunctionReference): { readonly record: FunctionRecord; readonly version: FunctionVersion } {
    const record = this.get(reference);
    const version = versionOf(record, reference.qualifier);
    if (!version) throw notFound(`Function not found: ${this.arns.of(reference)}`);
    return { record, version };
  }

  /** For operations on what is published: they call a missing alias by another name than GetFunction does. */
  resolvePublished(reference: FunctionReference): ReturnType<FunctionStore['resolve']> {
    const { name, qualifier } = reference;
    const record = this.find(name);
    if (qualifier !== undefined && isAlias(qualifier) && !record?.aliases.some((alias) => alias.name === qualifier)) {
      throw noAlias(this.arns.of(reference));
    }
    return this.resolve(reference);
  }
}

export function noAlias(arn: string): Error {
  return notFound(`Cannot find alias arn: ${arn}`);
}

/** A new revision of what `change` makes of the version. */
export function revised(version: FunctionVersion, change: Partial<FunctionVersion> = {}): FunctionVersion {
  return { ...version, ...change, revisionId: randomUUID() };
}

/**
 * One change at a time, and none while the function is being made (texts: appleboy/lambda-action#41,
 * aws/serverless-application-model#2356).
 * @throws {ServiceError} ResourceConflictException
 */
export function requireSettled({ latest }: FunctionRecord, arn: string): void {
  const sentence = 'The operation cannot be performed at this time.';
  if (latest.state === 'Pending') {
    const state = "is currently in the following state: 'Pending'. StateReasonCode: 'Creating'";
    throw conflict(`${sentence} The resource ${arn} ${state}`);
  }
  if (latest.updating) throw conflict(`${sentence} An update is in progress for resource: ${arn}`);
}
