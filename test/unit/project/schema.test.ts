import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { expect, test } from 'vitest';
import { ProjectFile } from '../../../src/project/project.js';

const file = path.resolve(import.meta.dirname, '..', '..', '..', 'resources', 'sagemaker.schema.json');

/**
 * What completion and hovers need. What would only find fault is left out: our own diagnostics (project/read.ts) say it
 * better, and nothing should be said twice.
 */
const faultFinding = [
  'required',
  'additionalProperties',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'propertyNames',
  'const',
  'type',
];

function gentle(schema: unknown, isProperties = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => gentle(item));
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).flatMap<[string, unknown]>(([key, value]: [string, unknown]) => {
    if (isProperties) return [[key, gentle(value)]];
    // The values of a record have names that the person chose: their schema is what helps.
    if (key === 'additionalProperties' && typeof value === 'object') return [[key, gentle(value)]];
    // Without what finds fault several alternatives may fit.
    if (key === 'oneOf') return [['anyOf', gentle(value)]];
    if (key === 'const') return [['enum', [value]]];
    if (key === 'type' && (value === 'object' || value === 'boolean')) return [[key, value]];
    return faultFinding.includes(key) ? [] : [[key, gentle(value, key === 'properties')]];
  });
  return Object.fromEntries(kept);
}

test('the JSON schema that editors get is made from the one that the product reads by', () => {
  const schema = gentle(toJsonSchema(ProjectFile, { errorMode: 'ignore', typeMode: 'output' })) as object;
  const text = `${JSON.stringify({ ...schema, title: 'SageMaker Workbench project file', allowTrailingCommas: true, allowComments: true }, null, 2)}\n`;
  if (process.env['WORKBENCH_WRITE']) writeFileSync(file, text);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(text));
});

test('every key is explained where the pointer rests on it', () => {
  expect(unexplained(JSON.parse(readFileSync(file, 'utf8')), '')).toEqual([]);
});

/** Paths of the keys without a description. */
function unexplained(schema: unknown, at: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as { properties?: Record<string, { description?: string }> };
  return [
    ...Object.entries(properties).flatMap(([key, value]) => [
      ...(value.description === undefined ? [`${at}/${key}`] : []),
      ...unexplained(value, `${at}/${key}`),
    ]),
    ...Object.values(rest).flatMap((value) => unexplained(value, at)),
  ];
}
