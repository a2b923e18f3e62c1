import type { Outcome } from '../../src/ui/panels/testBench.protocol.js';
import type { Shown } from './picture.js';

export type Tab = 'image' | 'json' | 'csv';

export interface KeptPicture extends Shown {
  /** Under which its bytes are known: in this page, and by the extension. */
  readonly key: number;
  /** The bytes, where they are few. */
  readonly base64?: string;
}

/** What stays while the page is hidden and the window is reloaded: small, for VS Code writes it down at each change. */
export interface Kept {
  target: string;
  tab: Tab;
  imageType: string;
  text: Record<'json' | 'csv', string>;
  contentType: Record<'json' | 'csv', string>;
  accept: Record<'json' | 'csv', string>;
  picture?: KeptPicture | undefined;
  /** What is shown. */
  outcome?: Outcome | undefined;
  /** What was sent for it, in a word or two. */
  input: string;
  /** What was sent last. */
  sent: Sent;
  /** Newest first. */
  history: HistoryEntry[];
}

export interface Sent {
  readonly tab: Tab;
  readonly picture?: KeptPicture | undefined;
  readonly text?: string | undefined;
}

export interface HistoryEntry extends Sent {
  readonly outcome: Outcome;
}

export const nothingYet: Kept = {
  target: '',
  tab: 'image',
  imageType: '',
  text: { json: '', csv: '' },
  contentType: { json: 'application/json', csv: 'text/csv' },
  accept: { json: 'application/json', csv: 'application/json' },
  input: '',
  sent: { tab: 'image' },
  history: [],
};

const mostHistory = 8;
const fewBytes = 128 * 1024;

export function withEntry(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  const { picture } = entry;
  // Bytes are kept once, with the picture that is shown.
  const light = picture && { ...picture, base64: undefined };
  return [{ ...entry, picture: light as KeptPicture | undefined, outcome: kept(entry.outcome) }, ...history].slice(
    0,
    mostHistory,
  );
}

/** An outcome without what is large: the whole text, and the answers for all but the first of several inputs. */
export function kept(outcome: Outcome): Outcome {
  if (outcome.type === 'failure') return outcome;
  const { content } = outcome;
  const text = outcome.text.slice(0, 20_000);
  return {
    ...outcome,
    text,
    content: content.kind === 'other' ? content : { ...content, rows: content.rows.slice(0, 1) },
  };
}

export function toBase64(body: Uint8Array): string | undefined {
  if (body.length > fewBytes) return undefined;
  let text = '';
  for (const byte of body) text += String.fromCharCode(byte);
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
