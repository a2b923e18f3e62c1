import { ServiceError } from '../../protocol/service.js';

/** Lambda says in its errors whose fault they are; the status is the model's to know. */
const user = { Type: 'User' };

/** Lambda's word for most of what it refuses. */
export function invalidParameter(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message, 400, user);
}

export function notFound(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message, 404, user);
}

export function conflict(message: string): ServiceError {
  return new ServiceError('ResourceConflictException', message, 409, user);
}

/** Clients see this name and not the model's RequestTooLargeException (ASFHyP3/hyp3#2241, pelmers/streetwarp-web#14). */
export function tooLarge(message: string): ServiceError {
  return new ServiceError('RequestEntityTooLargeException', message, 413, user);
}

/** Somebody else has changed it meanwhile. @throws {ServiceError} PreconditionFailedException */
export function requireRevision(
  given: string | undefined,
  revisionId: string,
  seenBy: 'GetFunction/GetAlias' | 'GetPolicy' = 'GetFunction/GetAlias',
): void {
  if (given === undefined || given === revisionId) return;
  throw new ServiceError(
    'PreconditionFailedException',
    `The Revision Id provided does not match the latest Revision Id. Call the ${seenBy} API to retrieve the latest Revision Id`,
    412,
    user,
  );
}
