import type { Clock } from '../../clock.js';
import { uniqueId } from '../../identity/identities.js';
import { type Operation, ServiceError } from '../../protocol/service.js';
import type { ManagedPolicy, PolicyVersion, Roles, Tag } from '../../identity/roles.js';
import type { Settings } from '../../settings.js';
import {
  alreadyExists,
  checkedPolicy,
  deleteConflict,
  limitExceeded,
  noSuchEntity,
  page,
  type PageInput,
  policySize,
  urlEncoded,
} from './answers.js';
import { mergeTags } from './tags.js';

interface PolicyInput {
  readonly PolicyArn: string;
}

interface CreatePolicyInput {
  readonly PolicyName: string;
  readonly PolicyDocument: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly Tags?: readonly Tag[];
}

interface ListPoliciesInput extends PageInput {
  readonly Scope?: 'All' | 'AWS' | 'Local';
  readonly OnlyAttached?: boolean;
  readonly PathPrefix?: string;
  readonly PolicyUsageFilter?: 'PermissionsPolicy' | 'PermissionsBoundary';
}

/** Characters of a managed policy. */
const largestPolicy = 6144;

/** Managed policies: the account's own, and those of AWS, which anyone may read and nobody change. */
export function managedPolicyOperations(settings: Settings, roles: Roles, clock: Clock) {
  const resource = ({ PolicyArn }: PolicyInput): string => PolicyArn;

  const CreatePolicy: Operation<CreatePolicyInput> = {
    resource: ({ PolicyName, Path = '/' }) => roles.policyArn({ name: PolicyName, path: Path }),
    run: ({ PolicyName, PolicyDocument, Path = '/', Description, Tags = [] }) => {
      const taken = [...roles.customerPolicies.values()].some(
        ({ name }) => name.toLowerCase() === PolicyName.toLowerCase(),
      );
      if (taken) {
        throw alreadyExists(`A policy called ${PolicyName} already exists. Duplicate names are not allowed.`);
      }
      checkedPolicy(PolicyDocument, 'managed');
      if (policySize(PolicyDocument) > largestPolicy) {
        throw limitExceeded(`Cannot exceed quota for PolicySize: ${largestPolicy}`);
      }
      const created = clock.now();
      const arn = roles.policyArn({ name: PolicyName, path: Path });
      const policy = roles.customerPolicies.put(arn, {
        ...{ name: PolicyName, path: Path, arn, id: uniqueId('ANPA', 21), created, updated: created },
        description: Description,
        defaultVersion: 'v1',
        versions: [{ id: 'v1', document: PolicyDocument, created }],
        tags: mergeTags([], Tags),
      });
      return { Policy: { ...summary(policy), ...(policy.tags.length > 0 && { Tags: policy.tags }) } };
    },
  };

  const GetPolicy: Operation<PolicyInput> = {
    resource,
    run: ({ PolicyArn }) => {
      const policy = existing(PolicyArn);
      return { Policy: { ...summary(policy), Description: policy.description, Tags: policy.tags } };
    },
  };

  const ListPolicies: Operation<ListPoliciesInput> = {
    resource: () => `arn:aws:iam::${settings.account}:policy/*`,
    run: ({ Scope = 'All', OnlyAttached = false, PathPrefix = '/', PolicyUsageFilter, ...input }) => {
      const all = [
        ...(Scope === 'AWS' ? [] : roles.customerPolicies.values()),
        ...(Scope === 'Local' ? [] : roles.awsPolicies.values()),
      ];
      const found = all
        .filter(({ path }) => path.startsWith(PathPrefix))
        .filter(({ arn }) => PolicyUsageFilter !== 'PermissionsPolicy' || attachments(arn) > 0)
        .filter(({ arn }) => PolicyUsageFilter !== 'PermissionsBoundary' || boundaries(arn) > 0)
        .filter(({ arn }) => !OnlyAttached || attachments(arn) > 0);
      const { items, ...rest } = page(found, ({ arn }) => arn, input);
      return { Policies: items.map(summary), ...rest };
    },
  };

  const DeletePolicy: Operation<PolicyInput> = {
    resource,
    run: ({ PolicyArn }) => {
      existing(PolicyArn);
      if (roles.awsPolicies.has(PolicyArn)) {
        throw new ServiceError('AccessDenied', 'Policy is outside your own account.', 403);
      }
      if (attachments(PolicyArn) + boundaries(PolicyArn) > 0) {
        throw deleteConflict('Cannot delete a policy attached to entities.');
      }
      roles.customerPolicies.delete(PolicyArn);
      return {};
    },
  };

  const GetPolicyVersion: Operation<PolicyInput & { VersionId: string }> = {
    resource,
    run: ({ PolicyArn, VersionId }) => {
      const policy = existing(PolicyArn);
      const version = policy.versions.find(({ id }) => id === VersionId);
      if (!version) {
        throw noSuchEntity(`Policy ${PolicyArn} version ${VersionId} does not exist or is not attachable.`);
      }
      return { PolicyVersion: { Document: urlEncoded(version.document), ...versionSummary(policy, version) } };
    },
  };

  const ListPolicyVersions: Operation<PolicyInput & PageInput> = {
    resource,
    run: ({ PolicyArn, ...input }) => {
      const policy = existing(PolicyArn);
      const { items, ...rest } = page(policy.versions, ({ id }) => id, input);
      return { Versions: items.map((version) => versionSummary(policy, version)), ...rest };
    },
  };

  function existing(arn: string): ManagedPolicy {
    const policy = roles.policy(arn);
    if (!policy) throw noSuchEntity(`Policy ${arn} was not found.`);
    return policy;
  }

  const attachments = (arn: string): number =>
    [...roles.values()].filter(({ attached }) => attached.includes(arn)).length;
  const boundaries = (arn: string): number => [...roles.values()].filter(({ boundary }) => boundary === arn).length;

  function summary(policy: ManagedPolicy) {
    return {
      PolicyName: policy.name,
      PolicyId: policy.id,
      Arn: policy.arn,
      Path: policy.path,
      DefaultVersionId: policy.defaultVersion,
      AttachmentCount: attachments(policy.arn),
      PermissionsBoundaryUsageCount: boundaries(policy.arn),
      IsAttachable: true,
      CreateDate: policy.created,
      UpdateDate: policy.updated,
    };
  }

  return { CreatePolicy, GetPolicy, ListPolicies, DeletePolicy, GetPolicyVersion, ListPolicyVersions };
}

function versionSummary({ defaultVersion }: ManagedPolicy, { id, created }: PolicyVersion) {
  return { VersionId: id, IsDefaultVersion: id === defaultVersion, CreateDate: created };
}
