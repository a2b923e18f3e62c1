import type { Operation } from '../../protocol/service.js';
import type { Roles } from '../../identity/roles.js';
import {
  checkedPolicy,
  existingRole,
  limitExceeded,
  noSuchEntity,
  page,
  type PageInput,
  policySize,
  roleArn,
  urlEncoded,
} from './answers.js';

interface InlineInput {
  readonly RoleName: string;
  readonly PolicyName: string;
}

interface AttachmentInput {
  readonly RoleName: string;
  readonly PolicyArn: string;
}

interface ListInput extends PageInput {
  readonly RoleName: string;
}

/** Characters of all inline policies of a role together. */
const largestInline = 10_240;
/** Managed policies attached to a role, the default of the quota. */
const mostAttached = 10;

/** The policies of a role: inline ones, and attached managed ones. */
export function rolePolicyOperations(roles: Roles) {
  const resource = ({ RoleName }: { readonly RoleName: string }): string => roleArn(roles, RoleName);
  const conditionKeys = ({ PolicyArn }: AttachmentInput) => ({ 'iam:PolicyARN': PolicyArn });

  const PutRolePolicy: Operation<InlineInput & { PolicyDocument: string }> = {
    resource,
    run: ({ RoleName, PolicyName, PolicyDocument }) => {
      const role = existingRole(roles, RoleName);
      checkedPolicy(PolicyDocument, 'inline');
      const inline = { ...role.inline, [PolicyName]: PolicyDocument };
      const size = Object.values(inline).reduce((sum, document) => sum + policySize(document), 0);
      if (size > largestInline) {
        throw limitExceeded(`Maximum policy size of ${largestInline} bytes exceeded for role ${RoleName}`);
      }
      roles.put({ ...role, inline });
      return {};
    },
  };

  const GetRolePolicy: Operation<InlineInput> = {
    resource,
    run: ({ RoleName, PolicyName }) => ({
      RoleName,
      PolicyName,
      PolicyDocument: urlEncoded(inlinePolicy(RoleName, PolicyName)),
    }),
  };

  const ListRolePolicies: Operation<ListInput> = {
    resource,
    run: ({ RoleName, ...input }) => {
      const { items, ...rest } = page(Object.keys(existingRole(roles, RoleName).inline), (name) => name, input);
      return { PolicyNames: items, ...rest };
    },
  };

  const DeleteRolePolicy: Operation<InlineInput> = {
    resource,
    run: ({ RoleName, PolicyName }) => {
      inlinePolicy(RoleName, PolicyName);
      const role = existingRole(roles, RoleName);
      const { [PolicyName]: _, ...inline } = role.inline;
      roles.put({ ...role, inline });
      return {};
    },
  };

  const AttachRolePolicy: Operation<AttachmentInput> = {
    resource,
    conditionKeys,
    run: ({ RoleName, PolicyArn }) => {
      const role = existingRole(roles, RoleName);
      if (!roles.policy(PolicyArn)) throw noSuchEntity(notAttachable(PolicyArn));
      if (role.attached.includes(PolicyArn)) return {};
      if (role.attached.length >= mostAttached) {
        throw limitExceeded(`Cannot exceed quota for PoliciesPerRole: ${mostAttached}`);
      }
      roles.put({ ...role, attached: [...role.attached, PolicyArn] });
      return {};
    },
  };

  const DetachRolePolicy: Operation<AttachmentInput> = {
    resource,
    conditionKeys,
    run: ({ RoleName, PolicyArn }) => {
      const role = existingRole(roles, RoleName);
      if (!role.attached.includes(PolicyArn)) throw noSuchEntity(`Policy ${PolicyArn} was not found.`);
      roles.put({ ...role, attached: role.attached.filter((arn) => arn !== PolicyArn) });
      return {};
    },
  };

  const ListAttachedRolePolicies: Operation<ListInput & { PathPrefix?: string }> = {
    resource,
    run: ({ RoleName, PathPrefix = '/', ...input }) => {
      const attached = existingRole(roles, RoleName).attached.flatMap((arn) => roles.policy(arn) ?? []);
      const found = attached.filter(({ path }) => path.startsWith(PathPrefix));
      const { items, ...rest } = page(found, ({ arn }) => arn, input);
      return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...rest };
    },
  };

  function inlinePolicy(role: string, name: string): string {
    const { inline } = existingRole(roles, role);
    const document = Object.hasOwn(inline, name) ? inline[name] : undefined;
    if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
    return document;
  }

  /** The sandbox carries a choice of AWS's own policies: to say so tells more than AWS's sentence alone. */
  function notAttachable(arn: string): string {
    const sentence = `Policy ${arn} does not exist or is not attachable.`;
    if (!arn.startsWith('arn:aws:iam::aws:')) return sentence;
    const carried = [...roles.awsPolicies.values()].map(({ name }) => name).join(', ');
    return `${sentence} (Of AWS's managed policies the sandbox has ${carried}; for others, create a policy of your own.)`;
  }

  return {
    PutRolePolicy,
    GetRolePolicy,
    ListRolePolicies,
    DeleteRolePolicy,
    AttachRolePolicy,
    DetachRolePolicy,
    ListAttachedRolePolicies,
  };
}
