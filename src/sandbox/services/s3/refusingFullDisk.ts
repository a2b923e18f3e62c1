import { ServiceError } from '../../protocol/service.js';
import { isFullDisk } from '../../store/fullDisk.js';

/**
 * Runs `write`; when the disk has no space (or the user no quota) left, says so in S3's form. S3 itself knows no such
 * error; 507 is HTTP's word for it and, unlike 500 and 503, nothing that the SDKs would try again on their own.
 * @throws {ServiceError} InsufficientStorage.
 */
export async function refusingFullDisk<T>(write: () => T | Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isFullDisk(error)) throw error;
    throw new ServiceError(
      'InsufficientStorage',
      "The disk of the sandbox's data folder is full: nothing was stored. Free some space and send the request again.",
      507,
    );
  }
}
