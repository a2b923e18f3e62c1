import { MalformedPolicy, parsePolicy, type Policy, type PolicyKind } from '../../../iam/policy.js';
import { ServiceError } from '../../protocol/service.js';
import type { Role, Roles } from '../../identity/roles.js';

export interface PageInput {
  readonly Marker?: string;
  /** The model has checked that it is from 1 to 1,000. */
  readonly MaxItems?: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly IsTruncated: boolean;
  readonly Marker: string | undefined;
}

/**
 * A page of `items` in the order of their names. The marker holds the last name, so what comes and goes between two calls
 * is neither shown twice nor hides what is there.
 * @throws {ServiceError} ValidationError for a marker that is none of ours.
 */
export function page<T>(items: Iterable<T>, name: (item: T) => string, { Marker, MaxItems = 100 }: PageInput): Page<T> {
  const after = Marker === undefined ? undefined : readMarker(Marker);
  const rest = [...items]
    .filter((item) => after === undefined || name(item) > after)
    .sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const shown = rest.slice(0, MaxItems);
  const last = shown.at(-1);
  const IsTruncated = shown.length < rest.length;
  return {
    items: shown,
    IsTruncated,
    Marker: IsTruncated && last !== undefined ? Buffer.from(name(last)).toString('base64url') : undefined,
  };
}

function readMarker(marker: string): string {
  const name = Buffer.from(marker, 'base64url').toString();
  if (Buffer.from(name).toString('base64url') !== marker) {
    throw new ServiceError('ValidationError', `Invalid Marker: ${marker}`);
  }
  return name;
}

/** IAM answers documents URL-encoded after RFC 3986, which encodes more than encodeURIComponent does. */
export function urlEncoded(document: string): string {
  return encodeURIComponent(document).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @throws {ServiceError} MalformedPolicyDocument. */
export function checkedPolicy(document: string, kind: PolicyKind): Policy {
  try {
    return parsePolicy(document, kind);
  } catch (error) {
    if (error instanceof MalformedPolicy) throw new ServiceError('MalformedPolicyDocument', error.message);
    throw error;
  }
}

/** A policy's size as the quotas count it: "IAM doesn't count white space" (IAM and AWS STS quotas). */
export function policySize(document: string): number {
  return document.replaceAll(/\s/g, '').length;
}

/** @throws {ServiceError} NoSuchEntity. */
export function existingRole(roles: Roles, name: string): Role {
  const role = roles.get(name);
  if (!role) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

/** The ARN that the caller must be allowed to act on; of a role that is not there, the one it would have. */
export function roleArn(roles: Roles, name: string): string {
  return roles.arn(roles.get(name) ?? { name, path: '/' });
}

export function noSuchEntity(message: string): ServiceError {
  return new ServiceError('NoSuchEntity', message, 404);
}

export function alreadyExists(message: string): ServiceError {
  return new ServiceError('EntityAlreadyExists', message, 409);
}

export function deleteConflict(message: string): ServiceError {
  return new ServiceError('DeleteConflict', message, 409);
}

export function limitExceeded(message: string): ServiceError {
  return new ServiceError('LimitExceeded', message, 409);
}
