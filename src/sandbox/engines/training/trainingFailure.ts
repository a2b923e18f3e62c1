import { clientError, internalError } from '../../../container/failure.js';

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

/** What the disk or S3 answered while a job's data was brought or its model taken, as the job's failure. */
export function transferFailure(what: string, error: unknown): JobFailed {
  if (error instanceof JobFailed) return error;
  if (isCode(error, 'ENOSPC')) {
    return new JobFailed(
      clientError(
        `${what}:No space left on the disk of the sandbox's data folder. Free some, then start the job again.`,
      ),
    );
  }
  if (isCode(error, 'EEXIST', 'ENOTDIR', 'EISDIR')) {
    return new JobFailed(
      clientError(
        `${what}:Failed to download data. Please check your s3 objects and ensure that there is no object that is both a folder as well as a file.`,
      ),
    );
  }
  return new JobFailed(clientError(`${what}:${message(error)}`));
}

/** Anything else that was thrown: a fault of the sandbox's own. */
export function asJobFailed(error: unknown): JobFailed {
  return error instanceof JobFailed ? error : new JobFailed(internalError(message(error)));
}

export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
