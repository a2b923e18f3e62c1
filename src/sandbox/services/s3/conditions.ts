import { s3Error } from './errors.js';

/** What a client's precondition is about. */
export interface Entity {
  /** With quotes. */
  readonly etag: string;
  readonly modified: Date;
}

/** The four conditions as they were sent; of a copy, under their `x-amz-copy-source-` names. */
export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

/**
 * Judges a read in the order of RFC 9110, 13.2.2, as S3 documents it: a condition on the tag makes the one on the date
 * beside it irrelevant.
 * @returns the condition that says "you have it already" (304, or 412 for a copy); undefined when it is to be read.
 * @throws {ServiceError} PreconditionFailed.
 */
export function judgeRead(entity: Entity, conditions: Conditions): 'If-None-Match' | 'If-Modified-Since' | undefined {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch !== undefined) {
    if (!names(ifMatch, entity.etag)) throw preconditionFailed('If-Match');
  } else if (modifiedAfter(entity, conditions.ifUnmodifiedSince) === true) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return names(ifNoneMatch, entity.etag) ? 'If-None-Match' : undefined;
  return modifiedAfter(entity, conditions.ifModifiedSince) === false ? 'If-Modified-Since' : undefined;
}

/**
 * Judges a write by what it would replace. S3 knows `If-Match: <tag>` and `If-None-Match: *` here, and no other form.
 * @throws {ServiceError} PreconditionFailed, NoSuchKey.
 */
export function judgeWrite(
  key: string,
  current: Entity | undefined,
  conditions: Pick<Conditions, 'ifMatch' | 'ifNoneMatch'>,
): void {
  if (conditions.ifNoneMatch !== undefined) {
    if (conditions.ifNoneMatch !== '*') {
      throw s3Error('NotImplemented', { Header: 'If-None-Match' });
    }
    if (current) throw preconditionFailed('If-None-Match');
  }
  if (conditions.ifMatch !== undefined) {
    if (!current) throw s3Error('NoSuchKey', { Key: key });
    if (!names(conditions.ifMatch, current.etag)) throw preconditionFailed('If-Match');
  }
}

export function preconditionFailed(condition: string) {
  return s3Error('PreconditionFailed', { Condition: condition });
}

/** Tags are compared without their quotes: clients leave them out. */
function names(list: string, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^(W\/)?"?|"$/g, '');
  return list.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}

/** Undefined when there is no date, or one that cannot be read, which HTTP says to ignore. */
function modifiedAfter({ modified }: Entity, date: string | undefined): boolean | undefined {
  const since = date === undefined ? NaN : Date.parse(date);
  // Last-Modified is told in whole seconds, so it is compared in whole seconds.
  return Number.isNaN(since) ? undefined : Math.floor(modified.getTime() / 1000) > Math.floor(since / 1000);
}
