import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hasCode } from '../../../core/errors.js';

/** Whether this machine tells what processes use: Linux does, macOS has no /proc. */
export const tellsMemory = existsSync('/proc/self/statm');

/** x86-64 and Debian's arm64 both have pages of 4 KiB. */
const page = 4096;

/**
 * Bytes of memory that a process and all of its descendants use, as far as they are above `limit`: memory that forked
 * processes share is counted once then, which takes longer. Below, the sum of what is resident is good enough.
 */
export function memoryOfTree(pid: number, limit: number): number {
  const tree = descendants(pid);
  const resident = sum(tree, residentBytes);
  return resident <= limit || tree.length === 1 ? resident : sum(tree, proportionalBytes);
}

/** The process and what it started, as long as it is their ancestor. */
function descendants(pid: number): number[] {
  const tree = [pid];
  for (const process of tree) {
    for (const task of gone(() => readdirSync(`/proc/${process}/task`)) ?? []) {
      const children = gone(() => readFileSync(`/proc/${process}/task/${task}/children`, 'utf8')) ?? '';
      for (const child of children.split(' ')) if (child !== '') tree.push(Number(child));
    }
  }
  return tree;
}

function residentBytes(pid: number): number {
  return Number(gone(() => readFileSync(`/proc/${pid}/statm`, 'utf8'))?.split(' ')[1] ?? 0) * page;
}

function proportionalBytes(pid: number): number {
  const rollup = gone(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? '';
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
}

function sum(pids: readonly number[], bytes: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + bytes(pid), 0);
}

/** What `read` gives, undefined when the process has ended meanwhile. */
function gone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES')) return undefined;
    throw error;
  }
}
