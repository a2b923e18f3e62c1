import { findNodeAtLocation, type Node } from 'jsonc-parser';

/** A place in a text: offset and length in UTF-16 units, line and column from 1, as editors count. */
export interface Range {
  readonly offset: number;
  readonly length: number;
  readonly line: number;
  readonly column: number;
}

export function rangeAt(text: string, offset: number, length: number): Range {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { offset, length, line, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}

/** Where the value at `path` stands; for a key that is not there, the nearest thing above it. */
export function findRange(text: string, root: Node, path: readonly (string | number)[]): Range {
  for (let depth = path.length; depth > 0; depth--) {
    const node = findNodeAtLocation(root, path.slice(0, depth));
    if (node) return rangeAt(text, node.offset, node.length);
  }
  return rangeAt(text, root.offset, Math.min(root.length, 1));
}
