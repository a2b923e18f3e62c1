import { clientError, internalError } from '../../../container/failure.js';
import { hasCode, messageOf } from '../../../core/errors.js';
import { isFullDisk } from '../../store/fullDisk.js';

/** Ends a job as Failed; the message is its FailureReason. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';

  constructor(
    reason: string,
    readonly exitCode?: number,
  ) {
    super(reason);
  }
}

const noSpace = "No space left on the disk of the sandbox's data folder. Free some, then start the job again.";

/** What the disk or S3 answered while a job's data was brought or its model taken, as the job's failure. */
export function transferFailure(what: string, error: unknown): JobFailed {
  if (error instanceof JobFailed) return error;
  if (isFullDisk(error)) {
    return new JobFailed(clientError(`${what}:${noSpace}`));
  }
  if (hasCode(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) {
    return new JobFailed(
      clientError(
        `${what}:Failed to download data. Please check your s3 objects and ensure that there is no object that is both a folder as well as a file.`,
      ),
    );
  }
  return new JobFailed(clientError(`${what}:${messageOf(error)}`));
}

/** Anything else that was thrown: a disk that the job itself has filled, or a fault of the sandbox's own. */
export function asJobFailed(error: unknown): JobFailed {
  if (error instanceof JobFailed) return error;
  return new JobFailed(isFullDisk(error) ? clientError(noSpace) : internalError(messageOf(error)));
}
