import { type Operation, ServiceError } from '../../protocol/service.js';
import type { Roles, Tag } from '../../identity/roles.js';
import { existingRole, limitExceeded, page, type PageInput, roleArn } from './answers.js';

interface RoleInput {
  readonly RoleName: string;
}

const mostTags = 50;

export function tagOperations(roles: Roles) {
  const resource = ({ RoleName }: RoleInput): string => roleArn(roles, RoleName);

  const TagRole: Operation<RoleInput & { Tags: readonly Tag[] }> = {
    resource,
    conditionKeys: ({ Tags }) => ({
      ...Object.fromEntries(Tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
      'aws:TagKeys': Tags.map(({ Key }) => Key),
    }),
    run: ({ RoleName, Tags }) => {
      const role = existingRole(roles, RoleName);
      roles.put({ ...role, tags: mergeTags(role.tags, Tags) });
      return {};
    },
  };

  const UntagRole: Operation<RoleInput & { TagKeys: readonly string[] }> = {
    resource,
    conditionKeys: ({ TagKeys }) => ({ 'aws:TagKeys': TagKeys }),
    run: ({ RoleName, TagKeys }) => {
      const role = existingRole(roles, RoleName);
      const gone = new Set(TagKeys.map((key) => key.toLowerCase()));
      roles.put({ ...role, tags: role.tags.filter(({ Key }) => !gone.has(Key.toLowerCase())) });
      return {};
    },
  };

  const ListRoleTags: Operation<RoleInput & PageInput> = {
    resource,
    run: ({ RoleName, ...input }) => {
      const { items, ...rest } = page(existingRole(roles, RoleName).tags, ({ Key }) => Key, input);
      return { Tags: items, ...rest };
    },
  };

  return { TagRole, UntagRole, ListRoleTags };
}

/**
 * `tags` with `added` laid over them.
 * @throws {ServiceError} InvalidInput, LimitExceeded.
 */
export function mergeTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  const replaced = new Map(added.map((tag) => [tag.Key.toLowerCase(), tag]));
  if (replaced.size < added.length) {
    const message = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.';
    throw new ServiceError('InvalidInput', message);
  }
  const merged = [...tags.filter(({ Key }) => !replaced.has(Key.toLowerCase())), ...added];
  if (merged.length > mostTags) throw limitExceeded(`Cannot exceed quota for TagsPerRole: ${mostTags}`);
  return merged;
}
