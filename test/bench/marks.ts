import { writeFileSync } from 'node:fs';
import * as vscode from 'vscode';

interface Mark {
  readonly name: string;
  readonly startTime: number;
}

/**
 * Runs in the extension host: waits until the extension has been activated by its own event, and writes down what VS Code
 * itself has marked, in milliseconds.
 */
export async function run(): Promise<void> {
  const { WORKBENCH_BENCH_EXTENSION: id = '', WORKBENCH_BENCH_MARKS: file = '' } = process.env;
  const extension = vscode.extensions.getExtension(id);
  if (!extension) throw new Error(`${id} is not installed.`);
  while (!extension.isActive) await new Promise((resolve) => setTimeout(resolve, 25));
  const { MonacoPerformanceMarks } = globalThis as unknown as { MonacoPerformanceMarks: { getMarks(): Mark[] } };
  const marks = MonacoPerformanceMarks.getMarks();
  const at = (name: string) => marks.find((mark) => mark.name === `code/extHost/${name}/${id}`)?.startTime;
  writeFileSync(
    file,
    JSON.stringify({
      load: at('didLoadExtensionCode')! - at('willLoadExtensionCode')!,
      activate: at('didActivateExtension')! - at('willActivateExtension')!,
    }),
  );
}
