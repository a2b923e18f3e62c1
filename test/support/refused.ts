/** The error of a call that is meant to fail. */
export async function refused(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return promise.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as Error & Record<string, unknown>,
  );
}
