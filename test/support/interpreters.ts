import { tmpdir } from 'node:os';
import path from 'node:path';
import { Interpreters } from '../../src/core/interpreter.js';

/**
 * Finds Python as the sandbox does, but remembers what it found for all tests of this machine: importing torch takes
 * seconds.
 */
export function interpreters(configured: string | undefined): Interpreters {
  return new Interpreters({
    configured,
    workingFolder: path.resolve(import.meta.dirname, '../../training'),
    searchPath: process.env['PATH'],
    cacheFile: path.join(tmpdir(), 'sagemaker-workbench-test-interpreters.json'),
  });
}
