import type { SyntaxNode, SyntaxNodeRef, Tree } from '@lezer/common';
import { parser } from '@lezer/python';

/** A value that stands in the source as it is. `undefined` elsewhere means: computed when the script runs. */
export type Literal = string | number | boolean | null | readonly Literal[];

/** A Python script, parsed but not run. The parser recovers from errors, so a half-written file is read as far as it goes. */
export class Script {
  private readonly tree: Tree;

  constructor(readonly text: string) {
    this.tree = parser.parse(text);
  }

  textOf({ from, to }: { readonly from: number; readonly to: number }): string {
    return this.text.slice(from, to);
  }

  /** Every node of these kinds, in the order of the source. Kinds are the grammar's (lezer-parser/python). */
  nodes(...kinds: readonly string[]): SyntaxNode[] {
    const found: SyntaxNode[] = [];
    const enter = (node: SyntaxNodeRef) => void (kinds.includes(node.name) && found.push(node.node));
    this.tree.iterate({ enter });
    return found;
  }

  /** Names of the functions at the top level. */
  functions(): string[] {
    return this.nodes('FunctionDefinition').flatMap((node) => {
      const name = node.getChild('VariableName');
      return name && node.parent?.name === 'Script' ? [this.textOf(name)] : [];
    });
  }

  /** The arguments of a call: those by position, and those by name. */
  argumentsOf(call: SyntaxNode): {
    readonly positional: SyntaxNode[];
    readonly named: ReadonlyMap<string, SyntaxNode>;
  } {
    const positional: SyntaxNode[] = [];
    const named = new Map<string, SyntaxNode>();
    const parts: SyntaxNode[] = [];
    const take = () => {
      const [first, equals, value] = parts;
      if (first && equals?.name === 'AssignOp' && value) named.set(this.textOf(first), value);
      else if (first && parts.length === 1) positional.push(first);
      parts.length = 0;
    };
    for (let node = call.getChild('ArgList')?.firstChild ?? null; node; node = node.nextSibling) {
      if (node.name === ',' || node.name === ')') take();
      else if (node.name !== '(' && node.name !== 'Comment') parts.push(node);
    }
    return { positional, named };
  }

  literal(node: SyntaxNode | undefined | null): Literal | undefined {
    if (!node) return undefined;
    switch (node.name) {
      case 'Number':
        return number(this.textOf(node));
      case 'UnaryExpression': {
        const value = this.literal(node.lastChild);
        return typeof value === 'number' && this.textOf(node).startsWith('-') ? -value : undefined;
      }
      case 'String':
        return stringValue(this.textOf(node));
      case 'ContinuedString': {
        const parts = children(node).map((part) => this.literal(part));
        return parts.every((part) => typeof part === 'string') ? parts.join('') : undefined;
      }
      case 'Boolean':
        return this.textOf(node) === 'True';
      case 'None':
        return null;
      case 'ParenthesizedExpression':
        return this.literal(node.firstChild?.nextSibling);
      case 'ArrayExpression':
      case 'TupleExpression': {
        const items = children(node).filter(({ name }) => !['[', ']', '(', ')', ','].includes(name));
        const values = items.map((item) => this.literal(item));
        return values.some((value) => value === undefined) ? undefined : (values as Literal[]);
      }
      default:
        return undefined;
    }
  }
}

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

function number(text: string): number | undefined {
  const value = Number(text.replaceAll('_', ''));
  return Number.isNaN(value) ? undefined : value;
}

/** Of a plain or raw string; undefined for bytes. Escapes other than quotes and backslashes are left as they are. */
function stringValue(text: string): string | undefined {
  const [, prefix = '', , content = ''] = /^([a-zA-Z]*)('''|"""|'|")([\s\S]*)\2$/.exec(text) ?? [];
  if (/b/i.test(prefix)) return undefined;
  return /r/i.test(prefix) ? content : content.replace(/\\(['"\\])/g, '$1');
}
