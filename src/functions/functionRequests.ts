import type { CreateRoleCommandInput } from '@aws-sdk/client-iam';
import type {
  CreateFunctionCommandInput,
  Runtime,
  UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda';

/** A `functions` entry with its names made and its code packed. */
export interface FunctionPlan {
  readonly name: string;
  /** In the zip. */
  readonly handler: string;
  readonly runtime: string;
  /** MB. */
  readonly memorySize: number;
  /** Seconds. */
  readonly timeout: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly role: FunctionRole;
  readonly alias: string;
  readonly reservedConcurrency: number | undefined;
  readonly provisionedConcurrency: number | undefined;
  /** The zip, and its SHA-256 in base64. */
  readonly code: { readonly bytes: Uint8Array; readonly sha256: string };
  readonly tags: Readonly<Record<string, string>>;
}

export interface FunctionRole {
  readonly name: string;
  readonly arn: string;
  /** JSON text of what it may do; undefined for a role that is not ours to change. */
  readonly policy: string | undefined;
}

/** The policy of a role that we make is a part of it, by this name. */
export const policyName = 'workbench';

const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export function roleRequest({ role, tags }: Pick<FunctionPlan, 'role' | 'tags'>): CreateRoleCommandInput {
  return {
    RoleName: role.name,
    AssumeRolePolicyDocument: JSON.stringify(trustPolicy),
    Tags: sorted(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

export function functionRequest(plan: FunctionPlan): CreateFunctionCommandInput {
  return {
    ...configuration(plan),
    PackageType: 'Zip',
    Code: { ZipFile: plan.code.bytes },
    Tags: Object.fromEntries(sorted(plan.tags)),
  };
}

/** @param revision that it was planned on: a change that somebody made meanwhile is not overwritten */
export function configurationRequest(plan: FunctionPlan, revision: string): UpdateFunctionConfigurationCommandInput {
  return { ...configuration(plan), RevisionId: revision };
}

function configuration(plan: FunctionPlan) {
  return {
    FunctionName: plan.name,
    // The SDK's closed union ages; the service is the judge of what exists.
    Runtime: plan.runtime as Runtime,
    Handler: plan.handler,
    Role: plan.role.arn,
    MemorySize: plan.memorySize,
    Timeout: plan.timeout,
    Environment: { Variables: Object.fromEntries(sorted(plan.environment)) },
  };
}

function sorted<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
