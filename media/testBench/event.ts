import type { About, EventTemplate } from '../../src/ui/panels/testBench.protocol.js';
import { count } from './format.js';
import type { Kept } from './state.js';

/** How a function may take a picture: the likeliest first. */
export interface EventTemplates {
  readonly all: readonly EventTemplate[];
  /** How it is known which is the likeliest. */
  readonly because: string | undefined;
}

export function templatesOf(about: About | undefined): EventTemplates {
  return { all: about?.events ?? [], because: about?.because };
}

/** The template that pictures go into; undefined until the target is known. */
export function chosenTemplate({ template }: Kept, { all }: EventTemplates): EventTemplate | undefined {
  return all.find(({ label }) => label === template) ?? all[0];
}

/** A template with its picture filled in, as it is shown: base64 is told by its length. */
export function shownEvent(
  template: string,
  { bytes, url }: { readonly bytes: number; readonly url?: string },
): string {
  const image = `… ${count(base64Length(bytes))} characters of base64 …`;
  const address = url ?? '… a URL of the picture, good for ten minutes …';
  return template
    .replaceAll('${image}', () => image)
    .replaceAll('${url}', () => address)
    .replaceAll('${type}', 'image/…');
}

/** Bytes that go to the target: in an event a picture is a third larger. */
export function sentBytes(kept: Kept, events: EventTemplates | undefined): number {
  const bytes = kept.picture?.bytes ?? 0;
  const template = events && chosenTemplate(kept, events)?.text;
  if (template === undefined) return bytes;
  return template.includes('${image}') ? template.length + base64Length(bytes) : template.length;
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
