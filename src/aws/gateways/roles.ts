import { GetRoleCommand, type IAMClient } from '@aws-sdk/client-iam';
import { isNotFound } from '../errors.js';

export interface Role {
  readonly arn: string;
  /** The policy document that says who may act as the role, as JSON text. */
  readonly trustPolicy: string;
}

/** IAM's roles, read only. */
export class RolesGateway {
  constructor(private readonly client: IAMClient) {}

  /** Undefined when there is no such role. */
  async get(name: string, signal: AbortSignal): Promise<Role | undefined> {
    try {
      const { Role } = await this.client.send(new GetRoleCommand({ RoleName: name }), { abortSignal: signal });
      // IAM sends policy documents URL-encoded (RFC 3986).
      return { arn: Role!.Arn!, trustPolicy: decodeURIComponent(Role!.AssumeRolePolicyDocument ?? '') };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}
