import { ServiceError } from '../protocol/service.js';

/** A feature that is refused by its name, so that nobody takes silence for success. */
export function notImplemented(feature: string, instead = ''): ServiceError {
  return new ServiceError(
    'NotImplemented',
    `This sandbox does not implement ${feature}.${instead && ` ${instead}`}`,
    501,
  );
}

/** Refuses every feature that is asked for, first come first refused. */
export function refuse(features: Readonly<Record<string, unknown>>): void {
  for (const [feature, asked] of Object.entries(features)) {
    if (asked !== undefined && asked !== false) throw notImplemented(feature);
  }
}

/** False when the check throws a ServiceError. */
export function isAllowed(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}
