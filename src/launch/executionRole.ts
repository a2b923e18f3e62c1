import type { Cloud } from '../aws/cloud.js';
import { type Connection, partitionOf } from '../aws/connection.js';
import { isAccessDenied } from '../aws/errors.js';
import { UserError } from '../core/errors.js';
import { type Gate, roleGate, type RoleUser } from './gates.js';
import type { Session } from './session.js';

/** The role that something will act as, and whether its service may assume it. */
export interface ExecutionRole {
  /** Undefined when there is no such role. */
  readonly arn: string | undefined;
  readonly gate: Gate;
}

/**
 * Looks the role up that an entry names, or else the project, or else the connection.
 * @param own of the entry: a name or an ARN
 * @param fallback of the connection
 * @throws {UserError} when nobody names one
 */
export async function executionRole(
  { cloud, project }: Session,
  own: string | undefined,
  fallback: string | undefined,
  signal: AbortSignal,
): Promise<ExecutionRole> {
  const wanted = own ?? project.role ?? fallback;
  if (wanted === undefined) {
    throw new UserError('No execution role is named: add "role" to sagemaker.jsonc, with its name or ARN.');
  }
  return existingRole(cloud, wanted, 'sagemaker', signal);
}

/** @param wanted a name or an ARN */
export async function existingRole(
  { roles, connection }: Pick<Cloud, 'roles' | 'connection'>,
  wanted: string,
  user: RoleUser,
  signal: AbortSignal,
): Promise<ExecutionRole> {
  const name = wanted.split('/').at(-1) ?? wanted;
  try {
    const role = await roles.get(name, signal);
    return { arn: role?.arn, gate: roleGate(name, role, connection, user) };
  } catch (error) {
    // Who may launch need not be allowed to read roles: AmazonSageMakerFullAccess has no iam:GetRole on them.
    if (!isAccessDenied(error)) throw error;
    const arn = wanted.startsWith('arn:') ? wanted : roleArn(connection, name);
    const gate: Gate = {
      id: 'role',
      level: 'amber',
      evidence: `${arn} cannot be looked at: you are not allowed iam:GetRole`,
      fix: `Make sure that its trust policy lets ${user}.amazonaws.com assume it, and that you may pass it (iam:PassRole).`,
    };
    return { arn, gate };
  }
}

export function roleArn(connection: Pick<Connection, 'account' | 'caller'>, name: string): string {
  return `arn:${partitionOf(connection)}:iam::${connection.account}:role/${name}`;
}
