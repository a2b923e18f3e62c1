/**
 * Words in a line that make the toolkit keep it and all that follow as the error message.
 *
 * Source: aws/sagemaker-training-toolkit 5.1, __init__.py _PYTHON_ERRORS_ and _MPI_ERRORS_, process.py watch. Names that
 * contain another one of the list are left out: the shorter one finds them.
 */
const errorWords =
  /Exception|ArithmeticError|AssertionError|AttributeError|BlockingIOError|BrokenPipeError|BufferError|ChildProcessError|ConnectionAbortedError|ConnectionError|ConnectionRefusedError|ConnectionResetError|EOFError|EnvironmentError|FileExistsError|FileNotFoundError|FloatingPointError|IOError|ImportError|IndentationError|IndexError|InterruptedError|IsADirectoryError|KeyError|LookupError|MemoryError|ModuleNotFoundError|NameError|NotADirectoryError|NotImplementedError|OSError|OverflowError|PermissionError|ProcessLookupError|RecursionError|ReferenceError|RuntimeError|SyntaxError|SystemError|TabError|TimeoutError|TypeError|UnboundLocalError|UnicodeDecodeError|UnicodeEncodeError|UnicodeError|UnicodeTranslateError|ValueError|ZeroDivisionError|Invalid requirement|ResourceExhaustedError|OutOfRangeError|InvalidArgumentError|mpirun\.real|ORTE|ExecuteUserScriptError/;

/** What all of them have in common: most lines have nothing of it, and a log may have millions. */
const likelyError = /Error|Exception|Invalid requirement|mpirun\.real|ORTE/;

/** Characters kept of an error message: FailureReason shows 1,024 of the failure file, the rest is in the log. */
const longestMessage = 16_384;

/** Collects from a script's output what the toolkit reports as its error message: all from the first error line on. */
export class ErrorMessage {
  private readonly lines: string[] = [];
  private length = 0;

  add(line: string): void {
    if (this.length > longestMessage) return;
    if (this.lines.length === 0 && !(likelyError.test(line) && errorWords.test(line))) return;
    const kept = strip(line).slice(0, longestMessage);
    // The toolkit drops lines that it has seen before.
    if (this.lines.includes(kept)) return;
    this.lines.push(kept);
    this.length += kept.length + 2;
  }

  /** The toolkit joins the lines with a newline and a space. */
  toString(): string {
    return this.lines.join('\n ').trim();
  }
}

/** Python's `line.strip(" :\n")`. */
function strip(line: string): string {
  return line.replace(/^[ :\n]+/, '').replace(/[ :\n]+$/, '');
}

/**
 * Text of `/opt/ml/output/failure` for a command that ended with a status other than 0.
 *
 * Source: errors.py _CalledProcessError.__str__, process.py check_error.
 *
 * @param error `ExecuteUserScriptError`, `InstallRequirementsError` or `InstallModuleError`.
 * @param exitCode as a shell gives it: 137 for a process killed by SIGKILL.
 */
export function failureText(
  error: string,
  { exitCode, message, command }: { exitCode: number; message: string; command: readonly string[] },
): string {
  return [
    `${error}:`,
    `ExitCode ${exitCode}`,
    `ErrorMessage "${message}"`,
    ...(exitCode === 137 ? ['ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"'] : []),
    `Command "${command.join(' ')}"`,
  ].join('\n');
}

/** FailureReason's limit (botocore sagemaker service-2.json). */
const longestReason = 1024;

/**
 * FailureReason of a job whose container ended with a status other than 0: the beginning of the failure file, cut so
 * that the status stays readable.
 */
export function algorithmError(failureFile: string, exitCode: number, hint = ''): string {
  const end = `, exit code: ${exitCode}`;
  const tail = hint === '' ? '' : `. ${hint}`;
  const room = longestReason - 'AlgorithmError: '.length - end.length - tail.length;
  return `AlgorithmError: ${cut(failureFile.trim(), room)}${end}${tail}`;
}

/** FailureReason for what the request got wrong: data that is not there, rights that are missing. */
export function clientError(text: string): string {
  return cut(`ClientError: ${text}`, longestReason);
}

/** FailureReason for what went wrong on the machine. */
export function internalError(text: string): string {
  return cut(`InternalServerError: ${text}`, longestReason);
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  // Never half of a surrogate pair.
  const end = /[\ud800-\udbff]/.test(text[length - 1]!) ? length - 1 : length;
  return text.slice(0, end);
}

/** The module that a script could not import, from its error message; undefined when it failed of something else. */
export function missingModule(message: string): string | undefined {
  return /ModuleNotFoundError: No module named '([^']+)'/.exec(message)?.[1]?.split('.')[0];
}
