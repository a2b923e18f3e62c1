import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';

/** Runs `work` under a progress notification whose Cancel aborts the signal. */
export async function withCancel<T>(
  title: string,
  work: (report: (message: string, percent?: number) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title, cancellable: true }, async (progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    let told = 0;
    let last = 0;
    return work((message, percent) => {
      // Each report goes to another process: nobody reads a thousand a second.
      if (percent !== undefined && percent < 100 && Date.now() - last < 100) return;
      last = Date.now();
      const increment = percent === undefined ? undefined : Math.max(0, percent - told);
      told = Math.max(told, percent ?? 0);
      progress.report({ message, ...(increment !== undefined && { increment }) });
    }, abort.signal);
  });
}

/** A folder for archives that are made before anybody has agreed to anything. */
export async function withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'sagemaker-workbench-'));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
