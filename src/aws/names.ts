/** TrainingJobName, ModelName, EndpointName, EndpointConfigName: `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}` (botocore). */
export const longestName = 63;

/** `prefix` as the service takes it: what it does not know becomes a hyphen, and it is cut to `longest`. */
export function fixedName(prefix: string, longest = longestName): string {
  const known = prefix.replace(/[^a-zA-Z0-9]+/g, '-').replace(/^-+/, '');
  return known.slice(0, longest).replace(/-+$/, '') || 'x';
}

/**
 * A new name each time: the prefix, cut where it must be, and the time in UTC to the millisecond. Always valid
 * (zenml-io/zenml#1502: a long prefix made names that the service refused).
 */
export function timedName(prefix: string, at: Date): string {
  const [date = '', time = '', milliseconds = ''] = at.toISOString().replaceAll(/[-:Z]/g, '').split(/[T.]/);
  const stamp = `${date}-${time}-${milliseconds}`;
  return `${fixedName(prefix, longestName - stamp.length - 1)}-${stamp}`;
}

/** HyperParameterTuningJobName: `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}` (botocore); its trials add 13 characters to it. */
export const longestTuningName = 32;

/**
 * A new name each time that begins with the project and the entry, and ends with the time in UTC to the millisecond: of
 * the 15 characters before it the project's part is cut first, so that two entries of a project can be told apart.
 */
export function timedTuningName(project: string, entry: string, at: Date): string {
  const digits = at.toISOString().replaceAll(/\D/g, '').slice(2);
  const stamp = `${digits.slice(0, 6)}-${digits.slice(6)}`;
  const longest = longestTuningName - stamp.length - 1;
  const own = fixedName(entry, longest);
  const left = longest - own.length - 1;
  const prefix = left > 0 ? `${fixedName(project, left)}-${own}` : own;
  return `${prefix}-${stamp}`;
}
