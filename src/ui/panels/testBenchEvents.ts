import type { Asking } from '../../testBench/ask.js';
import { UserError } from '../../core/errors.js';
import type { OpenProject } from '../projectFile/projectFiles.js';
import type { About, Target } from './testBench.protocol.js';
import { takesEvent } from './testBenchTargets.js';

/** How a target may take a picture, the likeliest first; nothing where that is its body. */
export async function templatesOf(
  target: Target,
  projects: readonly OpenProject[],
): Promise<Pick<About, 'events' | 'because'>> {
  if (!takesEvent(target)) return { events: [] };
  return {
    events: [
      { label: 'Picture', text: '{\n  "image": "${image}"\n}' },
      { label: 'URL', text: '{\n  "url": "${url}"\n}' },
    ],
  };
}

/** A template with the picture in it. */
export async function filled(
  template: string,
  picture: { readonly bytes: Uint8Array; readonly url?: string | undefined } | undefined,
  asking: Asking,
  projects: readonly OpenProject[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (!/\$\{(image|url)\}/.test(template)) return new TextEncoder().encode(template);
  if (!picture) throw new UserError('The event has a picture in it, and there is none: choose one in the tab Image.');
  return new TextEncoder().encode(
    template
      .replaceAll('${image}', () => Buffer.from(picture.bytes).toString('base64'))
      .replaceAll('${url}', () => picture.url ?? ''),
  );
}
