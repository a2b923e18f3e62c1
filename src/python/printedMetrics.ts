import type { SyntaxNode } from '@lezer/common';
import type { Script } from './script.js';

/** A number that a script prints under a name, and the regex that finds it in the log. */
export interface PrintedMetric {
  /** As a metric's name may be: `valid_loss`, `Testing_Loss`. */
  readonly name: string;
  /** Its first group is the number. */
  readonly regex: string;
}

const printers = /^(print|tqdm\.write|(logger|logging|log)\.(info|warning|debug|error))$/;

/**
 * Metrics to propose from what a script prints: a name, `=` or `:`, and a placeholder for a number (f-string, str.format
 * or %). Names that count rather than measure are left out.
 */
export function printedMetrics(script: Script): PrintedMetric[] {
  const found = new Map<string, PrintedMetric>();
  for (const text of printedTexts(script)) {
    for (const [, label = '', separator = ''] of text.matchAll(/([A-Za-z][\w/ -]*?)(\s*[=:]\s*)\0/g)) {
      const name = label.trim().replace(/^.*[,;|]\s*/, '');
      const key = name.replace(/[^A-Za-z0-9]+/g, '_');
      if (/^(\w*epoch|step|batch|iteration|seconds?|time|elapsed|kept|seed|samples?|size|lr|learning_rate)$/i.test(key))
        continue;
      if (!found.has(key)) found.set(key, { name: key, regex: `${escaped(name + separator)}([0-9.eE+-]+)` });
    }
  }
  return [...found.values()];
}

/** Lines as a script may print them: with a fraction for each placeholder of a number, and with a whole number. */
export function printedLines(script: Script): string[] {
  return printedTexts(script).flatMap((text) =>
    ['0.25', '12'].flatMap((number) => text.replaceAll('\0', number).replaceAll('\x01', 'x').split('\n')),
  );
}

/** What is printed, with `\0` for each placeholder; texts that are put together before they are printed count too. */
function printedTexts(script: Script): string[] {
  const texts: string[] = [];
  for (const node of script.nodes('FormatString', 'String')) {
    const text = node.name === 'FormatString' ? formatted(script, node) : plain(script, node);
    if (text?.includes('\0')) texts.push(text);
  }
  return texts;
}

function formatted(script: Script, node: SyntaxNode): string | undefined {
  // One that is kept in a variable may be printed later.
  if (!isPrinted(script, node, true)) return undefined;
  let text = '';
  let from = node.from;
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'FormatReplacement') continue;
    text += script.text.slice(from, child.from);
    text += isNumber(script.textOf(child)) ? '\0' : '\x01';
    from = child.to;
  }
  return text + script.text.slice(from, node.to);
}

/** `{total}` may be anything; a text in quotes or a join is none. */
function isNumber(replacement: string): boolean {
  return !/["']|\bjoin\b|\bstr\(/.test(replacement);
}

function plain(script: Script, node: SyntaxNode): string | undefined {
  const value = script.literal(node);
  if (typeof value !== 'string' || !isPrinted(script, node, false)) return undefined;
  return value.replace(/%[-+0-9.]*[dfegr]|\{[^{}]*\}/g, '\0');
}

/** @param kept what to say of a text that is in no call */
function isPrinted(script: Script, node: SyntaxNode, kept: boolean): boolean {
  for (let at: SyntaxNode | null = node.parent; at; at = at.parent) {
    if (at.name !== 'CallExpression' || !at.firstChild) continue;
    const callee = script.textOf(at.firstChild);
    if (printers.test(callee)) return true;
    if (!callee.endsWith('.format')) return false;
  }
  return kept;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
