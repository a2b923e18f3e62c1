import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';

/** GPUs as the training toolkit counts them (environment.py num_gpus). */
export async function countGpus(): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['--list-gpus'], { timeout: 10_000 });
    return stdout.split('\n').filter((line) => line.startsWith('GPU ')).length;
  } catch {
    return 0; // No driver: no GPU.
  }
}

/** The interface over which hosts find each other: SageMaker's `eth0`, else the loopback, which is always there. */
export function networkInterface(): string {
  const interfaces = networkInterfaces();
  if ('eth0' in interfaces) return 'eth0';
  return Object.entries(interfaces).find(([, addresses]) => addresses?.some(({ internal }) => internal))?.[0] ?? 'lo';
}

/** A TCP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
