import type { TimestampFormat } from './model.js';

/** ISO 8601 as AWS writes it in XML: without a fraction when there is none. */
export function writeTimestamp(date: Date, format: TimestampFormat): string | number {
  switch (format) {
    case 'unixTimestamp':
      return date.getTime() / 1000;
    case 'rfc822':
      return date.toUTCString();
    case 'iso8601':
      return date.toISOString().replace('.000Z', 'Z');
  }
}

/** Undefined when `text` is none of the forms that AWS takes (seconds since 1970, ISO 8601, RFC 822). */
export function readTimestamp(text: string): Date | undefined {
  const seconds = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  // Rounded: 1.001 * 1000 is 1000.9999999999999, and a Date cuts that off.
  const date = new Date(seconds === undefined ? text : Math.round(seconds * 1000));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Base64 as strict as the services are: full groups of four, the standard alphabet. Undefined for anything else. */
export function readBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** Smallest and largest value of the models' integer types; a long beyond 2^53 is read to the nearest double. */
export const integerRange = {
  integer: { from: -(2 ** 31), to: 2 ** 31 - 1 },
  long: { from: -(2 ** 63), to: 2 ** 63 },
} as const;

/** JSON has no words for these, so the protocols write them as strings. */
export const namedNumbers: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity };
