import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lineText } from '../../../src/logs/logLines.js';

const file = path.resolve(import.meta.dirname, '..', '..', '..', 'resources', 'sagemakerLog.tmLanguage.json');
const { patterns } = JSON.parse(readFileSync(file, 'utf8')) as {
  patterns: { match: string; name?: string; captures?: Record<string, { name: string }> }[];
};

/** The scope of a line's host, by the first rule that takes the line's start. */
function hostScope(line: string): string | undefined {
  for (const { match, captures } of patterns) {
    const found = new RegExp(match).exec(line);
    if (found?.index !== 0) continue;
    const group = found.findIndex((text, index) => index > 1 && text !== undefined);
    return group < 0 ? undefined : captures?.[group]?.name;
  }
  return undefined;
}

const line = (host: string, message = 'epoch=1 loss=0.5') => lineText({ timestamp: new Date(), host, message }, true);

test('neighbouring hosts have colours of their own, and a host has one in all its lines', () => {
  const scopes = Array.from({ length: 12 }, (_, index) => hostScope(line(`algo-${index + 1}`)));
  expect(scopes).not.toContain(undefined);
  expect(new Set(scopes.slice(0, 5)).size).toBe(5);
  expect(scopes[5], 'and begin anew').toBe(scopes[0]);
  expect(hostScope(line('algo-2', 'algo-1 has joined'))).toBe(scopes[1]);
});

test('environments of a function have colours, by the last digit of what tells them apart', () => {
  const scopes = [...'0123456789abcdef'].map((digit) => hostScope(line(`[$LATEST]0123abc${digit}`)));
  expect(scopes).not.toContain(undefined);
  expect(new Set(scopes).size).toBe(5);
});

test("the lines that Lambda writes around a call are told from the function's own", () => {
  const scopeOf = (message: string) => {
    const text = lineText({ timestamp: new Date(), host: '[3]0123abcd', message }, true);
    return patterns.slice(2).find(({ match }) => new RegExp(match).test(text))?.name;
  };
  const id = '8f5c2d1e-0000-4000-8000-123456789abc';
  expect(scopeOf(`START RequestId: ${id} Version: 3`)).toMatch(/^comment/);
  expect(scopeOf(`END RequestId: ${id}`)).toMatch(/^comment/);
  expect(scopeOf(`REPORT RequestId: ${id}\tDuration: 1.23 ms`)).toMatch(/report/);
  expect(scopeOf(`${id} Task timed out after 3.00 seconds`)).toMatch(/^invalid/);
  expect(scopeOf('the START of it')).toBeUndefined();
});

test('a line of one host has none, whatever it says', () => {
  expect(hostScope(lineText({ timestamp: new Date(), host: 'algo-1', message: 'algo-1x' }, false))).toBeUndefined();
});
