import { findNodeAtLocation, type Node } from 'jsonc-parser';

/** A place in a text: offset and length in UTF-16 units, line and column from 1, as editors count. */
export interface Range {
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
}

/** Places in one text. */
export class Ranges {
  /** Offset of each line's first character. */
  private readonly lines: readonly number[];

  constructor(text: string) {
    this.lines = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  }

  at({ offset, length }: Pick<Range, 'offset' | 'length'>): Range {
    let [first, after] = [0, this.lines.length];
    while (after - first > 1) {
      const middle = (first + after) >> 1;
      if (this.lines[middle]! <= offset) first = middle;
      else after = middle;
    }
    return { offset, length, line: first + 1, column: offset - this.lines[first]! + 1 };
  }

  /** Where the value at `path` stands; for a key that is not there, the nearest thing above it. */
  of(root: Node, path: readonly (string | number)[]): Range {
    for (let depth = path.length; depth > 0; depth--) {
      const node = findNodeAtLocation(root, path.slice(0, depth));
      if (node) return this.at(node);
    }
    return this.at({ offset: root.offset, length: Math.min(root.length, 1) });
  }

  /** Where the key at the end of `path` stands. */
  ofKey(root: Node, path: readonly (string | number)[]): Range {
    const key = findNodeAtLocation(root, [...path])?.parent?.children?.[0];
    return key ? this.at(key) : this.of(root, path);
  }
}
