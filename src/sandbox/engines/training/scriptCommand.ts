import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';

/**
 * How the training toolkit runs an entry point. Source: aws/sagemaker-training-toolkit 5.1, _entry_point_type.py,
 * entry_point.py install, process.py ProcessRunner.
 */
export interface ScriptCommand {
  readonly kind: 'program' | 'package' | 'command';
  readonly argv: readonly [string, ...string[]];
  /** As the toolkit's log and failure file print it. */
  readonly shown: readonly string[];
}

/** @param code the script's folder. */
export async function scriptCommand(
  code: string,
  program: string,
  python: string,
  args: readonly string[],
): Promise<ScriptCommand> {
  if (!program.endsWith('.sh') && existsSync(path.join(code, 'setup.py'))) {
    const argv = [python, '-m', program.replace('.py', ''), ...args] as const;
    return { kind: 'package', argv, shown: argv };
  }
  if (program.endsWith('.py')) {
    const argv = [python, program, ...args] as const;
    return { kind: 'program', argv, shown: argv };
  }
  const file = path.join(code, program);
  if (existsSync(file)) await chmod(file, 0o777);
  return {
    kind: 'command',
    // The shell runs scripts without a first line that names one; the arguments stay arguments.
    argv: ['/bin/sh', '-c', 'exec "$0" "$@"', `./${program}`, ...args],
    shown: ['/bin/sh', '-c', `"./${[program, ...args.map(quoted)].join(' ')}"`],
  };
}

/** Python's shlex.quote. */
function quoted(text: string): string {
  if (text !== '' && !/[^\w@%+=:,./-]/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
