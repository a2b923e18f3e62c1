import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, UserError } from '../../core/errors.js';
import { chooseTemplate, eventOf, type EventTemplate as Form } from '../../testBench/events.js';
import type { EventKeys } from '../../python/eventKeys.js';
import { deployedName, type OpenProject } from '../projectFile/projectFiles.js';
import type { About, EventTemplate, Target } from './testBench.protocol.js';
import { scriptsOf, takesEvent } from './testBenchTargets.js';

/** The bytes that stand for those of a picture, until it is filled in. */
const stand = Buffer.from('the picture');
const image = stand.toString('base64');
const url = '${url}';

/** A form of an event, as it is shown and written: what it takes from the picture stands in it by name. */
function written(
  label: string,
  form: Exclude<Form, 'raw'>,
  picture: Parameters<typeof eventOf>[1],
): EventTemplate & { readonly form: Form } {
  const event: unknown = JSON.parse(eventOf(form, picture).replaceAll(image, () => '${image}'));
  return { label, form, text: JSON.stringify(event, null, 2) };
}

const bytes = { content: stand, contentType: '${type}' };
const templates = [
  written('Picture', 'image', bytes),
  written('URL', 'url', { url }),
  written('API Gateway, picture in JSON', 'proxyJson', bytes),
  written('API Gateway, URL in JSON', 'proxyJson', { url }),
  written('API Gateway, picture as body', 'proxy', bytes),
];

/** How a target may take a picture, the likeliest first; nothing where that is its body. */
export async function templatesOf(
  target: Target,
  projects: readonly OpenProject[],
): Promise<Pick<About, 'events' | 'because'>> {
  if (!takesEvent(target)) return { events: [] };
  const script = handlerOf(target, projects);
  const reads = script && (await keysOf(script.file, script.handler));
  const { template, says } = chooseTemplate(reads, script && path.basename(script.file));
  const byUrl = reads?.bodyKeys.includes('image') === false;
  const likely = templates.filter(({ form }) => form === template);
  const first = byUrl ? likely.at(-1) : likely[0];
  const all = first ? [first, ...templates.filter((one) => one !== first)] : templates;
  return { events: all.map(({ label, text }) => ({ label, text })), because: says };
}

/** The script behind a target of the workspace. */
function handlerOf(target: Target, projects: readonly OpenProject[]) {
  if (target.kind === 'script') return { file: target.file, handler: target.handler ?? '' };
  for (const project of projects) {
    const names = Object.keys(project.reading.project?.functions ?? {});
    const entry = names.find((name) => deployedName(project, name) === target.name);
    const script = entry && scriptsOf([project]).find((one) => one.target.entry === `functions.${entry}`);
    if (script) return { file: script.target.file, handler: script.target.handler ?? '' };
  }
  return undefined;
}

async function keysOf(file: string, handler: string): Promise<EventKeys | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'EISDIR')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { readEventKeys } = await import('../../launch/scanWorkspace.js');
  return readEventKeys(text, handler);
}

/** Whether an event asks for the address of its picture. */
export function needsUrl(template: string): boolean {
  return template.includes(url);
}

/** A template with the picture in it. @throws {UserError} when there is none */
export function filled(
  template: string,
  picture: { readonly bytes: Uint8Array; readonly contentType: string; readonly url: string | undefined } | undefined,
): Uint8Array {
  if (!/\$\{(image|url|type)\}/.test(template)) return new TextEncoder().encode(template);
  if (!picture) throw new UserError('The event has a picture in it, and there is none: choose one in the tab Image.');
  const text = template
    .replaceAll('${image}', () => Buffer.from(picture.bytes).toString('base64'))
    .replaceAll(url, () => picture.url ?? '')
    .replaceAll('${type}', picture.contentType);
  return new TextEncoder().encode(text);
}
