import type { Policy, Principal } from '../../../iam/policy.js';
import type { Clock } from '../../clock.js';
import { uniqueId } from '../../identity/identities.js';
import { type Operation, ServiceError } from '../../protocol/service.js';
import type { Role, Roles, Tag } from '../../identity/roles.js';
import type { Settings } from '../../settings.js';
import {
  alreadyExists,
  checkedPolicy,
  deleteConflict,
  existingRole,
  limitExceeded,
  noSuchEntity,
  page,
  type PageInput,
  policySize,
  roleArn,
  urlEncoded,
} from './answers.js';
import { mergeTags } from './tags.js';

interface RoleInput {
  readonly RoleName: string;
}

interface CreateRoleInput extends RoleInput {
  readonly AssumeRolePolicyDocument: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
  readonly PermissionsBoundary?: string;
  readonly Tags?: readonly Tag[];
}

interface UpdateRoleInput extends RoleInput {
  readonly Description?: string;
  readonly MaxSessionDuration?: number;
}

/** Characters of a trust policy, the default of the quota (ACLSizePerRole). */
const largestTrustPolicy = 2048;

export function roleOperations(settings: Settings, roles: Roles, clock: Clock) {
  /** @throws {ServiceError} MalformedPolicyDocument, LimitExceeded. */
  function checkTrustPolicy(document: string): void {
    const policy = checkedPolicy(document, 'trust');
    const invalid = principalsOf(policy).find((principal) => !isKnown(principal));
    if (invalid) {
      const kind = invalid.kind === 'AWS' ? 'AWS' : invalid.kind.toUpperCase();
      throw new ServiceError('MalformedPolicyDocument', `Invalid principal in policy: "${kind}":"${invalid.id}"`);
    }
    if (policySize(document) > largestTrustPolicy) {
      throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${largestTrustPolicy}`);
    }
  }

  /** IAM checks that the principals exist, as far as they are this account's or a service. */
  function isKnown({ kind, id }: Principal): boolean {
    if (kind === 'Service') return /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(id);
    if (kind !== 'AWS' || id === '*' || /^\d{12}$/.test(id)) return true;
    const [, service, account, name = ''] = /^arn:aws:(iam|sts)::(\d{12}):(.+)$/.exec(id) ?? [];
    if (account === undefined) return false;
    if (account !== settings.account || name === 'root') return true;
    const sessionRole = /^assumed-role\/([^/]+)\/[^/]+$/.exec(name)?.[1];
    return service === 'iam' ? roles.findByArn(id) !== undefined : roles.get(sessionRole ?? '') !== undefined;
  }

  const CreateRole: Operation<CreateRoleInput> = {
    resource: ({ RoleName, Path = '/' }) => roles.arn({ name: RoleName, path: Path }),
    conditionKeys: ({ PermissionsBoundary, Tags = [] }) => ({
      ...(PermissionsBoundary !== undefined && { 'iam:PermissionsBoundary': PermissionsBoundary }),
      ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
      ...(Tags.length > 0 && { 'aws:TagKeys': Tags.map(({ Key }) => Key) }),
    }),
    run: (input) => {
      const { RoleName, Path = '/', AssumeRolePolicyDocument, PermissionsBoundary } = input;
      // Names are unique whatever their case.
      const taken = [...roles.values()].some(({ name }) => name.toLowerCase() === RoleName.toLowerCase());
      if (taken) throw alreadyExists(`Role with name ${RoleName} already exists.`);
      checkTrustPolicy(AssumeRolePolicyDocument);
      if (PermissionsBoundary !== undefined && !roles.policy(PermissionsBoundary)) {
        throw noSuchEntity(`Scope ARN: ${PermissionsBoundary} does not exist or is not attachable.`);
      }
      const role = roles.put({
        name: RoleName,
        path: Path,
        id: uniqueId('AROA', 21),
        created: clock.now(),
        description: input.Description,
        maxSessionDuration: input.MaxSessionDuration ?? 3600,
        trustPolicy: AssumeRolePolicyDocument,
        inline: {},
        attached: [],
        boundary: PermissionsBoundary,
        tags: mergeTags([], input.Tags ?? []),
      });
      return { Role: detailed(role) };
    },
  };

  const GetRole: Operation<RoleInput> = {
    resource: ({ RoleName }) => roleArn(roles, RoleName),
    run: ({ RoleName }) => ({ Role: detailed(existingRole(roles, RoleName)) }),
  };

  const ListRoles: Operation<PageInput & { PathPrefix?: string }> = {
    resource: ({ PathPrefix = '/' }) => `arn:aws:iam::${settings.account}:role${PathPrefix}*`,
    run: ({ PathPrefix = '/', ...input }) => {
      const found = [...roles.values()].filter(({ path }) => path.startsWith(PathPrefix));
      const { items, ...rest } = page(found, ({ name }) => name, input);
      return { Roles: items.map(summary), ...rest };
    },
  };

  const UpdateRole: Operation<UpdateRoleInput> = {
    resource: ({ RoleName }) => roleArn(roles, RoleName),
    run: ({ RoleName, Description, MaxSessionDuration }) => {
      const role = existingRole(roles, RoleName);
      roles.put({
        ...role,
        description: Description ?? role.description,
        maxSessionDuration: MaxSessionDuration ?? role.maxSessionDuration,
      });
      return {};
    },
  };

  const UpdateAssumeRolePolicy: Operation<RoleInput & { PolicyDocument: string }> = {
    resource: ({ RoleName }) => roleArn(roles, RoleName),
    run: ({ RoleName, PolicyDocument }) => {
      const role = existingRole(roles, RoleName);
      checkTrustPolicy(PolicyDocument);
      roles.put({ ...role, trustPolicy: PolicyDocument });
      return {};
    },
  };

  const DeleteRole: Operation<RoleInput> = {
    resource: ({ RoleName }) => roleArn(roles, RoleName),
    run: ({ RoleName }) => {
      const role = existingRole(roles, RoleName);
      if (role.attached.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.');
      if (Object.keys(role.inline).length > 0)
        throw deleteConflict('Cannot delete entity, must delete policies first.');
      roles.delete(RoleName);
      return {};
    },
  };

  const ListInstanceProfilesForRole: Operation<RoleInput> = {
    resource: ({ RoleName }) => roleArn(roles, RoleName),
    // No operation makes an instance profile, so there is none.
    run: ({ RoleName }) => {
      existingRole(roles, RoleName);
      return { InstanceProfiles: [], IsTruncated: false };
    },
  };

  function summary(role: Role) {
    return {
      Path: role.path,
      RoleName: role.name,
      RoleId: role.id,
      Arn: roles.arn(role),
      CreateDate: role.created,
      AssumeRolePolicyDocument: urlEncoded(role.trustPolicy),
      Description: role.description,
      MaxSessionDuration: role.maxSessionDuration,
    };
  }

  /** ListRoles leaves out tags and boundary, as its documentation says. */
  function detailed(role: Role) {
    return {
      ...summary(role),
      ...(role.tags.length > 0 && { Tags: role.tags }),
      ...(role.boundary !== undefined && {
        PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: role.boundary },
      }),
    };
  }

  return {
    CreateRole,
    GetRole,
    ListRoles,
    UpdateRole,
    UpdateAssumeRolePolicy,
    DeleteRole,
    ListInstanceProfilesForRole,
  };
}

function principalsOf({ statements }: Policy): readonly Principal[] {
  return statements.flatMap(({ principals = [] }) => principals);
}
