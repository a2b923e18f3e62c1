import type { EventKeys } from '../python/eventKeys.js';

/** The form of an event that brings a picture. */
export type EventTemplate =
  /** `{"image": "<base64>"}` */
  | 'image'
  /** `{"url": "https://…"}`: of the picture in the web, or of its copy in S3. */
  | 'url'
  /** What API Gateway sends for a body of bytes: base64, `isBase64Encoded`. */
  | 'proxy'
  /** What API Gateway sends for a body of JSON: a text with `{"image": …}` or `{"url": …}` in it. */
  | 'proxyJson'
  /** As it is written in the editor. */
  | 'raw';

export interface TemplateChoice {
  readonly template: EventTemplate;
  /** Why it was chosen, in a sentence. */
  readonly says: string;
  readonly isGuess: boolean;
}

/** A picture, or where it is. */
export type EventPicture = { readonly url: string } | { readonly content: Uint8Array; readonly contentType: string };

/** The form that a handler takes, by what it reads of its event; a guess where nobody knows the handler. */
export function chooseTemplate(reads: EventKeys | undefined, handler = 'the handler'): TemplateChoice {
  const known = (template: EventTemplate, says: string): TemplateChoice => ({ template, says, isGuess: false });
  if (!reads) {
    const says = 'A guess: the script of the handler is not in the workspace, so nobody knows what it reads.';
    return { template: 'image', says, isGuess: true };
  }
  const { keys, bodyKeys, whole } = reads;
  if (keys.includes('image')) return known('image', `${handler} reads event["image"].`);
  if (keys.includes('url')) return known('url', `${handler} reads event["url"].`);
  if (bodyKeys.includes('image') || bodyKeys.includes('url')) {
    return known('proxyJson', `${handler} reads ${bodyKeys.join(' and ')} of the JSON in event["body"].`);
  }
  if (keys.includes('body')) return known('proxy', `${handler} reads event["body"], as API Gateway sends it.`);
  if (whole) {
    const says = `A guess: ${handler} hands its event on whole, so its endpoint's script decides what it reads.`;
    return { template: 'url', says, isGuess: true };
  }
  const read = keys.length === 0 ? 'nothing' : keys.join(', ');
  return { template: 'raw', says: `${handler} reads ${read} of its event: no picture that is known.`, isGuess: true };
}

/** Whether a picture that is no URL has to be put where one leads to it (`stagePicture`). */
export function needsUrl(template: EventTemplate, reads: EventKeys | undefined): boolean {
  return template === 'url' || (template === 'proxyJson' && reads?.bodyKeys.includes('image') !== true);
}

/** The event as JSON. @throws {Error} for bytes where the template takes a URL */
export function eventOf(template: Exclude<EventTemplate, 'raw'>, picture: EventPicture): string {
  switch (template) {
    case 'image':
    case 'url':
      return JSON.stringify(content(template, picture));
    case 'proxy':
      return 'url' in picture ? proxy('application/json', JSON.stringify({ url: picture.url }), false) : bytes(picture);
    case 'proxyJson':
      return proxy('application/json', JSON.stringify(content('url' in picture ? 'url' : 'image', picture)), false);
  }
}

function content(key: 'image' | 'url', picture: EventPicture): object {
  if ('url' in picture) return { url: picture.url };
  if (key === 'url') throw new Error('This event takes the URL of a picture.');
  return { image: base64(picture.content) };
}

function bytes({ content, contentType }: Exclude<EventPicture, { url: string }>): string {
  return proxy(contentType, base64(content), true);
}

/** What handlers read of API Gateway's event (payload format 1.0, "Lambda proxy integrations"). */
function proxy(contentType: string, body: string, isBase64Encoded: boolean): string {
  return JSON.stringify({
    resource: '/',
    path: '/',
    httpMethod: 'POST',
    headers: { 'content-type': contentType },
    multiValueHeaders: { 'content-type': [contentType] },
    queryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    requestContext: { httpMethod: 'POST', path: '/', stage: 'test' },
    body,
    isBase64Encoded,
  });
}

function base64(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('base64');
}
