import { randomUUID } from 'node:crypto';
import type * as Api from '@aws-sdk/client-lambda';
import { type Operation, ServiceError } from '../../protocol/service.js';
import { refuse } from '../refusals.js';
import { conflict, invalidParameter, notFound, requireRevision } from './errors.js';
import type { FunctionInput, FunctionReference } from './functionArn.js';
import { type FunctionRecord, type PolicyStatement, versionOf } from './functionRecord.js';
import { type FunctionStore, revised } from './functionStore.js';

/** Bytes of a resource policy ("Lambda quotas"). */
const longestPolicy = 20_480;

/**
 * Resource policies of functions, versions and aliases. Their revision is the one of what they are for, which every
 * change moves. Texts and order of members: localstack, test_lambda_api.snapshot.json (TestLambdaPermissions).
 */
export class Permissions {
  constructor(private readonly functions: FunctionStore) {}

  operations(): Record<string, Operation> {
    const { resource } = this.functions.arns;
    return {
      AddPermission: { resource, run: (input: Api.AddPermissionRequest) => this.add(input) },
      GetPolicy: { resource, run: (input: Api.GetPolicyRequest) => this.get(input) },
      RemovePermission: { resource, run: (input: Api.RemovePermissionRequest) => this.remove(input) },
    };
  }

  private add(input: Api.AddPermissionRequest): Api.AddPermissionResponse {
    refuse({
      'function URLs (FunctionUrlAuthType)': input.FunctionUrlAuthType,
      'function URLs (InvokedViaFunctionUrl)': input.InvokedViaFunctionUrl,
    });
    const { arns } = this.functions;
    const reference = arns.read(input);
    if (reference.qualifier === '$LATEST') {
      throw invalidParameter('We currently do not support adding policies for $LATEST.');
    }
    const principal = principalOf(input.Principal ?? '');
    const { record } = this.functions.resolvePublished(reference);
    requireRevision(input.RevisionId, revisionOf(record, reference), 'GetPolicy');
    const statements = statementsOf(record, reference);
    const { StatementId: Sid = '', Action = '' } = input;
    if (statements.some((statement) => statement.Sid === Sid)) {
      throw conflict(
        `The statement id (${Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      );
    }
    const statement: PolicyStatement = {
      ...{ Sid, Effect: 'Allow', Principal: principal, Action, Resource: arns.of(reference) },
      ...conditionOf(input),
    };
    this.put(record, reference, [...statements, statement]);
    return { Statement: JSON.stringify(statement) };
  }

  private get(input: Api.GetPolicyRequest): Api.GetPolicyResponse {
    const reference = this.functions.arns.read(input);
    const record = this.functions.find(reference.name);
    const statements = record && statementsOf(record, reference);
    if (!record || !statements?.length) throw notFound('The resource you requested does not exist.');
    return { Policy: documentOf(statements), RevisionId: revisionOf(record, reference) };
  }

  private remove(input: Api.RemovePermissionRequest): void {
    const { arns } = this.functions;
    const reference = arns.read(input);
    const record = this.functions.find(reference.name);
    if (!record) throw notFound(`No policy found for: ${arns.of(reference)}`);
    this.functions.resolvePublished(reference);
    const statements = statementsOf(record, reference);
    if (statements.length === 0) throw notFound('No policy is associated with the given resource.');
    const kept = statements.filter(({ Sid }) => Sid !== input.StatementId);
    if (kept.length === statements.length) {
      throw notFound(`Statement ${input.StatementId} is not found in resource policy.`);
    }
    requireRevision(input.RevisionId, revisionOf(record, reference), 'GetPolicy');
    this.put(record, reference, kept);
  }

  private put(record: FunctionRecord, { qualifier }: FunctionReference, statements: readonly PolicyStatement[]): void {
    const size = Buffer.byteLength(documentOf(statements));
    if (size > longestPolicy) {
      const message = `The final policy size (${size}) is bigger than the limit (${longestPolicy}).`;
      throw new ServiceError('PolicyLengthExceededException', message, 400, { Type: 'User' });
    }
    const others = record.policies.filter((policy) => policy.qualifier !== qualifier);
    const policy = qualifier === undefined ? { statements } : { qualifier, statements };
    this.functions.put({
      ...withRevision(record, qualifier),
      policies: statements.length > 0 ? [...others, policy] : others,
    });
  }
}

/** The resource policy that a call meets; undefined where there is none. */
export function policyOf(functions: FunctionStore, input: FunctionInput): string | undefined {
  const reference = functions.arns.read(input);
  const record = functions.find(reference.name);
  const statements = record ? statementsOf(record, reference) : [];
  return statements.length > 0 ? documentOf(statements) : undefined;
}

function statementsOf(record: FunctionRecord, { qualifier }: FunctionReference): readonly PolicyStatement[] {
  return record.policies.find((policy) => policy.qualifier === qualifier)?.statements ?? [];
}

function documentOf(statements: readonly PolicyStatement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements });
}

function revisionOf(record: FunctionRecord, { qualifier }: FunctionReference): string {
  const alias = record.aliases.find(({ name }) => name === qualifier);
  return (alias ?? versionOf(record, qualifier) ?? record.latest).revisionId;
}

function withRevision(record: FunctionRecord, qualifier: string | undefined): FunctionRecord {
  if (qualifier === undefined) return { ...record, latest: revised(record.latest) };
  return {
    ...record,
    aliases: record.aliases.map((alias) => (alias.name === qualifier ? { ...alias, revisionId: randomUUID() } : alias)),
    versions: record.versions.map((version) => (version.version === qualifier ? revised(version) : version)),
  };
}

/** An account, an ARN of IAM or STS, a service, or everybody. */
function principalOf(principal: string): PolicyStatement['Principal'] {
  if (principal === '*') return '*';
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  if (/^arn:aws:(iam|sts)::\d{12}:./.test(principal)) return { AWS: principal };
  if (/^[a-z0-9.-]+\.amazon(aws)?\.com$/.test(principal)) return { Service: principal };
  throw invalidParameter('The provided principal was invalid. Please check the principal and try again.');
}

function conditionOf(input: Api.AddPermissionRequest): Pick<PolicyStatement, 'Condition'> {
  const equals = Object.entries({
    'AWS:SourceAccount': input.SourceAccount,
    'aws:PrincipalOrgID': input.PrincipalOrgID,
    'lambda:EventSourceToken': input.EventSourceToken,
  }).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  if (equals.length === 0 && input.SourceArn === undefined) return {};
  return {
    Condition: {
      ...(equals.length > 0 && { StringEquals: Object.fromEntries(equals) }),
      ...(input.SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': input.SourceArn } }),
    },
  };
}
