import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { hasCode } from '../../../core/errors.js';

/** GPUs as the training toolkit counts them (environment.py num_gpus). */
export async function countGpus(): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['--list-gpus'], { timeout: 10_000 });
    return stdout.split('\n').filter((line) => line.startsWith('GPU ')).length;
  } catch {
    return 0; // No driver: no GPU.
  }
}

/** The interface over which the hosts of a job find each other: all of them are this machine, at loopback addresses. */
export function loopbackInterface(): string {
  const interfaces = Object.entries(networkInterfaces());
  return interfaces.find(([, addresses]) => addresses?.some(({ internal }) => internal))?.[0] ?? 'lo';
}

/**
 * A TCP port that was free a moment ago, from below the range that systems give to outgoing connections (Linux 32768,
 * IANA 49152 on): who is told of it may listen there seconds later.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(20_000, 32_768);
    if (await isFree(port)) return port;
  }
  throw new Error('Of a hundred ports between 20000 and 32767 none is free.');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(false) : reject(error)));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
