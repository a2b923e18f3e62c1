import type * as Api from '@aws-sdk/client-lambda';
import type { Operation } from '../../protocol/service.js';
import { notImplemented } from '../refusals.js';
import { invalidParameter } from './errors.js';
import type { FunctionRecord } from './functionRecord.js';
import { type FunctionStore, revised } from './functionStore.js';

/** Per function (Tagging AWS resources, "Tag naming limits"). */
const mostTags = 50;

/** Tags of functions. Texts: localstack, test_lambda_api.snapshot.json (TestLambdaTags). */
export class Tags {
  constructor(private readonly functions: FunctionStore) {}

  /** @throws {ServiceError} InvalidParameterValueException */
  static check(count: number): void {
    if (count > mostTags) throw invalidParameter('Number of tags exceeds resource tag limit.');
  }

  operations(): Record<string, Operation> {
    const resource = ({ Resource = '' }: { Resource?: string | undefined }) => Resource;
    return {
      TagResource: {
        resource,
        conditionKeys: requestTags,
        run: ({ Resource, Tags: added = {} }: Api.TagResourceRequest) => {
          if (Object.keys(added).length === 0) {
            throw invalidParameter('An error occurred and the request cannot be processed.');
          }
          this.change(Resource, (tags) => ({ ...tags, ...added }));
        },
      },
      UntagResource: {
        resource,
        conditionKeys: ({ TagKeys = [] }: Api.UntagResourceRequest) => ({ 'aws:TagKeys': TagKeys }),
        run: ({ Resource, TagKeys = [] }: Api.UntagResourceRequest) => {
          const kept = ([key]: [string, string]) => !TagKeys.includes(key);
          this.change(Resource, (tags) => Object.fromEntries(Object.entries(tags).filter(kept)));
        },
      },
      ListTags: { resource, run: ({ Resource }: Api.ListTagsRequest) => ({ Tags: this.find(Resource).tags }) },
    };
  }

  private change(resource: string | undefined, change: (tags: FunctionRecord['tags']) => FunctionRecord['tags']): void {
    const record = this.find(resource);
    const tags = change(record.tags);
    Tags.check(Object.keys(tags).length);
    this.functions.put({ ...record, tags, latest: revised(record.latest) });
  }

  private find(resource = ''): FunctionRecord {
    const kind = resource.split(':')[5] ?? '';
    if (kind !== 'function') throw notImplemented(`tags of ${kind} resources`);
    const reference = this.functions.arns.read({ FunctionName: resource });
    if (reference.qualifier !== undefined) {
      throw invalidParameter('Tags on function aliases and versions are not supported. Please specify a function ARN.');
    }
    return this.functions.get(reference);
  }
}

/** The tags of a request, as conditions of policies see them. */
export function requestTags({ Tags: tags = {} }: { Tags?: Record<string, string> | undefined }) {
  const entries = Object.entries(tags);
  return {
    ...Object.fromEntries(entries.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(entries.length > 0 && { 'aws:TagKeys': entries.map(([key]) => key) }),
  };
}
