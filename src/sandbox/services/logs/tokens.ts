import { ServiceError } from '../../protocol/service.js';
import type { Position } from './events.js';

const width = { timestamp: 28, sequence: 28 };

/** A place in a stream, in the form of CloudWatch's own tokens: `f/` or `b/` and 56 digits. */
export interface StreamToken extends Position {
  /** `f`: what comes after the position; `b`: what comes before it. */
  readonly direction: 'f' | 'b';
}

export function formatToken({ direction, ...position }: StreamToken): string {
  return `${direction}/${formatPosition(position)}`;
}

/** @throws {ServiceError} InvalidParameterException */
export function parseToken(token: string): StreamToken {
  const direction = token.startsWith('f/') ? 'f' : token.startsWith('b/') ? 'b' : undefined;
  const position = parsePosition(token.slice(2));
  if (!direction || !position) throw invalidToken();
  return { direction, ...position };
}

/** Also an event's id: 56 digits, unique in the account. */
export function formatPosition({ timestamp, sequence }: Position): string {
  return String(timestamp).padStart(width.timestamp, '0') + String(sequence).padStart(width.sequence, '0');
}

export function parsePosition(digits: string): Position | undefined {
  const parts = /^(\d{28})(\d{28})$/.exec(digits);
  return parts ? { timestamp: Number(parts[1]), sequence: Number(parts[2]) } : undefined;
}

export function invalidToken(): ServiceError {
  return new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.');
}
