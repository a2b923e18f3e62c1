import {
  CreateRoleCommand,
  type CreateRoleCommandInput,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { type Change, type Receipt, receipt } from '../change.js';
import { isNotFound } from '../errors.js';

export interface Role {
  readonly arn: string;
  /** The policy document that says who may act as the role, as JSON text. */
  readonly trustPolicy: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** IAM's roles, and the policies that are a part of them. */
export class RolesGateway {
  constructor(private readonly client: IAMClient) {}

  /** Undefined when there is no such role. */
  async get(name: string, signal: AbortSignal): Promise<Role | undefined> {
    return found(async () => {
      const { Role } = await this.client.send(new GetRoleCommand({ RoleName: name }), { abortSignal: signal });
      return {
        arn: Role!.Arn!,
        trustPolicy: documentOf(Role!.AssumeRolePolicyDocument),
        tags: Object.fromEntries((Role!.Tags ?? []).map(({ Key, Value }) => [Key!, Value!])),
      };
    });
  }

  /** JSON text of a policy that is a part of the role; undefined when it has none of that name. */
  async inlinePolicy(role: string, policy: string, signal: AbortSignal): Promise<string | undefined> {
    return found(async () => {
      const command = new GetRolePolicyCommand({ RoleName: role, PolicyName: policy });
      return documentOf((await this.client.send(command, { abortSignal: signal })).PolicyDocument);
    });
  }

  /** Names of the policies that are a part of the role, and ARNs of those that are attached to it; 100 of each at most. */
  async policies(
    role: string,
    signal: AbortSignal,
  ): Promise<{ readonly inline: readonly string[]; readonly attached: readonly string[] }> {
    const options = { abortSignal: signal };
    const [inline, attached] = await Promise.all([
      this.client.send(new ListRolePoliciesCommand({ RoleName: role }), options),
      this.client.send(new ListAttachedRolePoliciesCommand({ RoleName: role }), options),
    ]);
    return {
      inline: inline.PolicyNames ?? [],
      attached: (attached.AttachedPolicies ?? []).map(({ PolicyArn }) => PolicyArn!),
    };
  }

  create(request: CreateRoleCommandInput): Change {
    return change('CreateRole', 'create', request.RoleName!, async () => {
      const output = await this.client.send(new CreateRoleCommand(request));
      return receipt(output, output.Role?.Arn);
    });
  }

  putPolicy(role: string, policy: string, document: string): Change {
    return change('PutRolePolicy', 'update', role, async () => {
      const request = { RoleName: role, PolicyName: policy, PolicyDocument: document };
      return receipt(await this.client.send(new PutRolePolicyCommand(request)));
    });
  }

  deletePolicy(role: string, policy: string): Change {
    return change('DeleteRolePolicy', 'update', role, async () =>
      receipt(await this.client.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName: policy }))),
    );
  }

  /** IAM refuses to delete a role that still has a policy. */
  delete(role: string): Change {
    return change('DeleteRole', 'delete', role, async () =>
      receipt(await this.client.send(new DeleteRoleCommand({ RoleName: role }))),
    );
  }
}

async function found<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** IAM sends policy documents URL-encoded (RFC 3986). */
function documentOf(sent: string | undefined): string {
  return decodeURIComponent(sent ?? '');
}

function change(operation: string, effect: Change['effect'], name: string, send: () => Promise<Receipt>): Change {
  return { operation, kind: 'role', effect, name, send };
}
