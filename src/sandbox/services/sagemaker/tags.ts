import type { AddTagsInput, DeleteTagsInput, ListTagsInput, Tag } from '@aws-sdk/client-sagemaker';
import type { Operation } from '../../protocol/service.js';
import type { Collection, Store } from '../../store/store.js';
import { validation } from './errors.js';

/** Per resource (Tagging AWS resources, "Tag naming limits"). */
const maxTags = 50;

interface TagRecord {
  readonly tags: readonly Tag[];
}

/** Tags of every kind of resource, by ARN. */
export class Tags {
  private readonly records: Collection<TagRecord>;

  constructor(store: Store) {
    this.records = store.collection<TagRecord>('sagemaker-tags');
  }

  get(arn: string): readonly Tag[] {
    return this.records.get(arn)?.tags ?? [];
  }

  /** @throws {ServiceError} ValidationException */
  static check(tags: readonly Tag[] = []): void {
    const keys = tags.map(({ Key = '' }) => Key);
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice !== undefined) throw validation(`Duplicate tag key '${twice}': tag keys must be unique.`);
    const reserved = keys.find((key) => /^aws:/i.test(key));
    if (reserved !== undefined) throw validation(`Tag key '${reserved}' is reserved: keys must not start with aws:.`);
    if (tags.length > maxTags) throw validation(`A resource can have no more than ${maxTags} tags.`);
  }

  /** New keys are added, known ones overwritten. */
  add(arn: string, tags: readonly Tag[] = []): readonly Tag[] {
    Tags.check(tags);
    const added = new Set(tags.map(({ Key }) => Key));
    const all = [...this.get(arn).filter(({ Key }) => !added.has(Key)), ...tags];
    Tags.check(all);
    if (all.length > 0) this.records.put(arn, { tags: all });
    return all;
  }

  remove(arn: string, keys: readonly string[]): void {
    const kept = this.get(arn).filter(({ Key = '' }) => !keys.includes(Key));
    if (kept.length > 0) this.records.put(arn, { tags: kept });
    else this.forget(arn);
  }

  forget(arn: string): void {
    this.records.delete(arn);
  }
}

/** The tags of a request, as conditions of policies see them. */
export function requestTags({ Tags: tags = [] }: { Tags?: Tag[] | undefined }) {
  return {
    ...Object.fromEntries(tags.map(({ Key, Value = '' }) => [`aws:RequestTag/${Key}`, Value])),
    ...(tags.length > 0 && { 'aws:TagKeys': tags.map(({ Key = '' }) => Key) }),
  };
}

/** @param requireResource throws as the kind's Describe does when there is no such resource. */
export function tagOperations(tags: Tags, requireResource: (arn: string) => void): Record<string, Operation> {
  const resource = ({ ResourceArn }: { ResourceArn?: string | undefined }) => ResourceArn ?? '*';
  return {
    AddTags: {
      resource,
      conditionKeys: requestTags,
      run: ({ ResourceArn = '', Tags: added }: AddTagsInput) => {
        requireResource(ResourceArn);
        return { Tags: tags.add(ResourceArn, added) };
      },
    },
    ListTags: {
      resource,
      run: ({ ResourceArn = '' }: ListTagsInput) => {
        requireResource(ResourceArn);
        return { Tags: tags.get(ResourceArn) };
      },
    },
    DeleteTags: {
      resource,
      conditionKeys: ({ TagKeys = [] }: DeleteTagsInput) => ({ 'aws:TagKeys': TagKeys }),
      run: ({ ResourceArn = '', TagKeys = [] }: DeleteTagsInput) => {
        requireResource(ResourceArn);
        tags.remove(ResourceArn, TagKeys);
        return {};
      },
    },
  };
}
