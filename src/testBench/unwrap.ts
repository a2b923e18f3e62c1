import { isRecord, parseJson } from './answers.js';
import type { Step } from './reply.js';
import { sizeText } from './sizes.js';

/** A function's payload with its wrappings off. */
export interface Unwrapped {
  readonly steps: readonly Step[];
  /** Of the innermost step. */
  readonly text: string;
  /** Empty where nothing says it. */
  readonly contentType: string;
  /** The status that the function answered with, where its answer is one for API Gateway. */
  readonly status?: number;
}

/** Layers of a text within a text: nobody means more than these. */
const mostLayers = 4;

/** Takes off what stands around a function's answer, step by step: status and body, base64, JSON in a text. */
export function unwrap(payload: Uint8Array): Unwrapped {
  const text = new TextDecoder().decode(payload);
  const steps: Step[] = [{ name: 'Payload', says: payloadSays(text), text }];
  const answer = parseJson(text);
  if (isRecord(answer) && isStatus(answer['statusCode'])) {
    const status = Number(answer['statusCode']);
    const contentType = contentTypeOf(answer['headers']);
    const body = bodyOf(answer);
    const size = sizeText(Buffer.byteLength(body.text));
    const kind = contentType === '' ? 'without a content type' : contentType;
    steps.push({ name: 'statusCode and body', says: `Status ${status}, ${size} of ${kind}.`, text: body.text });
    if (body.remark !== undefined) steps.push({ name: 'body', says: body.remark, text: body.text });
    return { ...innermost(body.text, contentType, steps), status };
  }
  return innermost(text, '', steps);
}

function payloadSays(text: string): string {
  const size = sizeText(Buffer.byteLength(text));
  const value = parseJson(text);
  if (value === undefined) return `${size} that are no JSON.`;
  if (!isRecord(value)) return `${size} of JSON.`;
  const keys = Object.keys(value);
  const named = keys.slice(0, 5).join(', ');
  return `${size}: an object with ${keys.length > 5 ? `${named} and ${keys.length - 5} more keys` : named || 'no keys'}.`;
}

function innermost(text: string, contentType: string, steps: Step[]): Omit<Unwrapped, 'status'> {
  let inner = text;
  for (let layer = 0; layer < mostLayers; layer++) {
    const value = parseJson(inner);
    // Python's NaN alone is a text with a mark here, and no JSON in a text.
    if (typeof value !== 'string' || !inner.trimStart().startsWith('"')) break;
    inner = value;
    steps.push({ name: 'JSON in a text', says: 'The body was JSON twice: a text that holds JSON.', text: inner });
  }
  return { steps, text: inner, contentType };
}

function isStatus(value: unknown): boolean {
  return /^\d{3}$/.test(String(value));
}

/** Header names are of any case; the values of `multiValueHeaders` are left alone. */
function contentTypeOf(headers: unknown): string {
  if (!isRecord(headers)) return '';
  const name = Object.keys(headers).find((each) => each.toLowerCase() === 'content-type');
  const value = name === undefined ? undefined : headers[name];
  return typeof value === 'string' ? value : '';
}

function bodyOf({ body, isBase64Encoded }: Record<string, unknown>): { text: string; remark?: string } {
  if (typeof body === 'string' && isBase64Encoded === true) {
    const decoded = Buffer.from(body, 'base64').toString('utf8');
    return { text: decoded, remark: 'It was in base64 (isBase64Encoded).' };
  }
  if (typeof body === 'string') return { text: body };
  if (body === undefined || body === null) return { text: '', remark: 'There is no body.' };
  // "Malformed Lambda proxy response" (API Gateway, "Handle errors in Lambda integrations"): it takes a text alone.
  return {
    text: JSON.stringify(body),
    remark: 'It is no text: API Gateway would answer 502 for it. json.dumps makes one.',
  };
}
