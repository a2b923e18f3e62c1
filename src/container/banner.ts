import { jsonDumps, type PythonDict } from './pythonText.js';

/**
 * The lines that the training toolkit logs before a script starts.
 *
 * Source: aws/sagemaker-training-toolkit 5.1, logging_config.py log_script_invocation.
 *
 * @param command as the toolkit prints it: joined with spaces, unquoted.
 */
export function invocationBanner(
  trainingEnv: PythonDict,
  variables: Readonly<Record<string, string>>,
  command: readonly string[],
): string[] {
  const text = [
    'Invoking user script\n',
    'Training Env:\n',
    `${jsonDumps(trainingEnv, { indent: 4 })}\n`,
    'Environment variables:\n',
    `${Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n')}\n`,
    'Invoking script with the following command:\n',
    `${command.join(' ')}\n`,
  ].join('\n');
  return text.split('\n');
}

/**
 * A message as the toolkit's logger prints it: `2026-11-22 19:11:04,123 sagemaker-training-toolkit INFO     message`, in
 * UTC as in the images. Source: logging_config.py configure_logger.
 */
export function toolkitLog(level: 'INFO' | 'ERROR', lines: readonly string[], at: Date): string[] {
  const time = at.toISOString().replace('T', ' ').replace('.', ',').replace('Z', '');
  return lines.map((line, index) =>
    index === 0 ? `${time} sagemaker-training-toolkit ${level.padEnd(8)} ${line}` : line,
  );
}
