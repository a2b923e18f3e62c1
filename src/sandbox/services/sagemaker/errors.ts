import { ServiceError } from '../../protocol/service.js';

/** SageMaker's word for most of what it refuses, missing resources included. */
export function validation(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}
