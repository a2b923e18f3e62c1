import type * as vscode from 'vscode';
import type { Parts } from '../parts.js';

/** Logs of jobs and endpoints as live, read-only documents, and the job panel. */
export function registerWatching(_parts: Parts): vscode.Disposable[] {
  return [];
}
