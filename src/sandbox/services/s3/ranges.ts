/** Bytes `start` to `end` of a body, both inclusive and from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a Range header asks for in a body of `size` bytes. `whole`: everything, since S3 ignores a range that it cannot
 * read and one of several parts ("Amazon S3 doesn't support retrieving multiple ranges of data per GET request").
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') return 'whole';
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** The stricter form of `x-amz-copy-source-range`; undefined when it is not `bytes=first-last`. */
export function parseCopyRange(header: string): ByteRange | undefined {
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const range = match && { start: Number(match[1]), end: Number(match[2]) };
  return range && range.start <= range.end ? range : undefined;
}
