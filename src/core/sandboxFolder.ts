import { homedir } from 'node:os';
import path from 'node:path';

/** Where a sandbox keeps its data unless it is told otherwise: both the sandbox and whoever looks for it go by this. */
export function defaultSandboxFolder(): string {
  const base =
    process.platform === 'win32'
      ? (process.env['LOCALAPPDATA'] ?? path.join(homedir(), 'AppData', 'Local'))
      : (process.env['XDG_DATA_HOME'] ?? path.join(homedir(), '.local', 'share'));
  return path.join(base, 'sagemaker-sandbox');
}
