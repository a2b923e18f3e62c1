import type * as vscode from 'vscode';
import type { Parts } from '../parts.js';

/** "Open Sample": a copy of it in a folder that the person picks. */
export function registerSample(_parts: Parts): vscode.Disposable[] {
  return [];
}
