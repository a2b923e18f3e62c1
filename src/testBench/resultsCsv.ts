import type { BatchRow } from './batch.js';
import { isSameClass } from './classes.js';

const heading = ['picture', 'true', 'predicted', 'probability', 'correct', 'best5', 'milliseconds', 'error'];

/** A batch as CSV (RFC 4180), one line a picture. */
export function resultsCsv(rows: readonly BatchRow[]): string {
  return [heading, ...rows.map(cells)].map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

function cells(row: BatchRow): string[] {
  const { name, expected } = row.picture;
  const milliseconds = row.milliseconds.toFixed(1);
  if (row.outcome === 'failure') return [name, expected ?? '', '', '', '', '', milliseconds, row.message];
  const [first] = row.best;
  const correct = expected === undefined || !first ? '' : String(isSameClass(first.name, expected));
  const best = row.best.map((each) => each.name).join('; ');
  return [name, expected ?? '', first?.name ?? '', String(first?.probability ?? ''), correct, best, milliseconds, ''];
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
