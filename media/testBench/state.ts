import type { Comparison, Outcome, Place, Target } from '../../src/ui/panels/testBench.protocol.js';
import type { BatchProgress } from '../../src/ui/panels/testBenchBatch.protocol.js';

export type Tab = 'image' | 'json' | 'csv' | 'folder';

/** A picture as it is shown, and kept while the page is hidden. */
export interface Shown {
  readonly name: string;
  readonly bytes: number;
  /** In pixels; undefined when this page cannot read it. */
  readonly dimensions: { readonly width: number; readonly height: number } | undefined;
  /** A small copy as a data: URL. */
  readonly preview: string | undefined;
  readonly expected?: string;
  /** Where it was fetched from. */
  readonly url?: string;
}

export interface Given extends Shown {
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface KeptPicture extends Shown {
  /** Under which its bytes are known: in this page, and by the extension. */
  readonly key: number;
  /** The bytes, where they are few. */
  readonly base64?: string;
}

/** What stays while the page is hidden and the window is reloaded: small, for VS Code writes it down at each change. */
export interface Kept {
  /** Of this shape: what an older version of the extension has kept is forgotten. */
  version: 2;
  target?: Target | undefined;
  /** What it is compared with. */
  other?: Target | undefined;
  tab: Tab;
  imageType: string;
  /** Label of the event template that pictures go into; empty: the likeliest. */
  template: string;
  text: Record<'json' | 'csv', string>;
  contentType: Record<'json' | 'csv', string>;
  accept: Record<'json' | 'csv', string>;
  picture?: KeptPicture | undefined;
  /** Where the pictures were browsed last. */
  place?: Place | undefined;
  batch: { folder: string; most: number; parallel: number };
  batchResult?: BatchProgress | undefined;
  /** How many classes are shown as bars. */
  top: number;
  /** What is shown. */
  outcome?: Outcome | undefined;
  comparison?: Comparison | undefined;
  /** What was sent for it, in a word or two. */
  input: string;
  /** What was sent last. */
  sent: Sent;
  /** Newest first. */
  history: HistoryEntry[];
}

export interface Sent {
  readonly tab: 'image' | 'json' | 'csv';
  readonly picture?: KeptPicture | undefined;
  readonly text?: string | undefined;
}

export interface HistoryEntry extends Sent {
  readonly outcome: Outcome;
}

const nothingYet: Kept = {
  version: 2,
  tab: 'image',
  imageType: '',
  template: '',
  text: { json: '', csv: '' },
  contentType: { json: 'application/json', csv: 'text/csv' },
  accept: { json: 'application/json', csv: 'application/json' },
  batch: { folder: '', most: 0, parallel: 1 },
  top: 5,
  input: '',
  sent: { tab: 'image' },
  history: [],
};

export function restored(state: Kept | undefined): Kept {
  return { ...structuredClone(nothingYet), ...(state?.version === 2 && state) };
}

const mostHistory = 8;
const fewBytes = 128 * 1024;
/** Characters of a text that are kept. */
const mostText = 20_000;

export function withEntry(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  const { picture } = entry;
  // Bytes are kept once, with the picture that is shown.
  const light = picture && { ...picture, base64: undefined };
  return [{ ...entry, picture: light as KeptPicture | undefined, outcome: kept(entry.outcome) }, ...history].slice(
    0,
    mostHistory,
  );
}

/** An outcome without what is large: the whole texts, and the answers for all but the first of several inputs. */
export function kept(outcome: Outcome): Outcome {
  const steps = outcome.steps.map((step) => ({ ...step, text: step.text.slice(0, mostText / 4) }));
  if (outcome.type === 'failure') {
    const { said } = outcome;
    return { ...outcome, steps, ...(said !== undefined && { said: said.slice(0, mostText) }) };
  }
  const { content } = outcome;
  const text = outcome.text.slice(0, mostText);
  return {
    ...outcome,
    ...{ steps, text },
    content: content.kind === 'other' ? content : { ...content, rows: content.rows.slice(0, 1) },
  };
}

export function keptComparison(comparison: Comparison): Comparison {
  const [first, second] = comparison.outcomes;
  return { ...comparison, outcomes: [kept(first), kept(second)] };
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
