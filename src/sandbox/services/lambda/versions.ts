import { createHash } from 'node:crypto';
import type * as Api from '@aws-sdk/client-lambda';
import type { Operation } from '../../protocol/service.js';
import { refuse } from '../refusals.js';
import { invalidParameter, requireRevision } from './errors.js';
import { describeListed, describeVersion, type FunctionRecord, type FunctionVersion } from './functionRecord.js';
import { requireSettled, revised } from './functionStore.js';
import { listPage, versionKey } from './listing.js';
import type { LambdaParts } from './parts.js';

/** PublishVersion and ListVersionsByFunction. */
export function versionOperations({ functions, clock }: LambdaParts): Record<string, Operation> {
  const { arns } = functions;
  return {
    PublishVersion: {
      resource: arns.resource,
      run: (input: Api.PublishVersionRequest) => {
        refuse({ 'managed instances (PublishTo)': input.PublishTo });
        const reference = arns.read(input);
        const record = functions.get(reference);
        requireSettled(record, arns.of({ name: record.name, qualifier: undefined }));
        const { latest } = record;
        requireRevision(input.RevisionId, latest.revisionId);
        const { sha256 } = latest.code;
        // Measured by localstack (test_publish_with_wrong_sha256).
        if (input.CodeSha256 !== undefined && input.CodeSha256 !== sha256) {
          throw invalidParameter(
            `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${sha256}). ` +
              'Please try again with the CodeSHA256 in $LATEST.',
          );
        }
        const { next, version } = publish(record, new Date(clock.now()), input.Description);
        if (next !== record) functions.put(next);
        return describeVersion(next, version, arns.of({ name: next.name, qualifier: version.version }));
      },
    },
    ListVersionsByFunction: {
      resource: arns.resource,
      run: (input: Api.ListVersionsByFunctionRequest) => {
        const { name, latest, versions } = functions.get(arns.read(input));
        const { page, NextMarker } = listPage([latest, ...versions], ({ version }) => versionKey(version), input);
        const Versions = page.map((version) =>
          describeListed(name, version, arns.of({ name, qualifier: version.version })),
        );
        return { Versions, NextMarker };
      },
    },
  };
}

/**
 * What is in `$LATEST` as a version of its own. The last version is answered when nothing has changed since ("Lambda
 * doesn't publish a version if the function's configuration and code haven't changed since the last version",
 * PublishVersion, API reference).
 */
export function publish(
  record: FunctionRecord,
  now: Date,
  description: string | undefined,
): { readonly next: FunctionRecord; readonly version: FunctionVersion } {
  const publishedFrom = contentOf(record.latest);
  const last = record.versions.at(-1);
  if (last?.publishedFrom === publishedFrom) return { next: record, version: last };
  const { configuration } = record.latest;
  const number = record.lastVersion + 1;
  const version = revised(record.latest, {
    version: String(number),
    modified: now,
    publishedFrom,
    configuration: { ...configuration, Description: description ?? configuration.Description },
  });
  // $LATEST gets a new revision too (localstack, test_function_revisions_version_and_alias).
  const next = {
    ...record,
    latest: revised(record.latest),
    lastVersion: number,
    versions: [...record.versions, version],
  };
  return { next, version };
}

function contentOf({ code, configuration }: FunctionVersion): string {
  return createHash('sha256')
    .update(JSON.stringify([code.sha256, configuration]))
    .digest('base64');
}
