import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commands, settings } from '../../src/contributions.js';

const manifest = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
  contributes: { commands: { command: string }[]; configuration: { properties: Record<string, unknown> } };
};

test('package.json contributes the commands that the code knows, and no others', () => {
  expect(manifest.contributes.commands.map(({ command }) => command).sort()).toEqual(Object.values(commands).sort());
});

test('package.json contributes the settings that the code reads, and no others', () => {
  expect(Object.keys(manifest.contributes.configuration.properties).sort()).toEqual(Object.values(settings).sort());
});
