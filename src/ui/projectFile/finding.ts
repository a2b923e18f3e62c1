import type { Diagnostic } from '../../project/read.js';

/** What an editor says about a project file: what its text says, and what its folder does. */
export type Finding = Pick<Diagnostic, 'severity' | 'message' | 'range' | 'fixes'>;

export function warning(message: string, range: Finding['range'], fixes: Finding['fixes'] = []): Finding {
  return { severity: 'warning', message, range, fixes };
}
