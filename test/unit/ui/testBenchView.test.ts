import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readAnswer } from '../../../src/testBench/answers.js';
import { functionFailure } from '../../../src/testBench/functionFailure.js';
import { namedClasses } from '../../../src/testBench/namedClasses.js';
import type { Answered, Reply } from '../../../src/testBench/reply.js';
import type { FunctionTarget } from '../../../src/testBench/target.js';
import { unwrap } from '../../../src/testBench/unwrap.js';
import { comparisonOf } from '../../../src/ui/panels/testBenchComparison.js';
import { outcomeOf } from '../../../src/ui/panels/testBenchView.js';

const target: FunctionTarget = { kind: 'function', name: 'predict', qualifier: 'live' };
const asked = { id: 7, target, connection: 'the sandbox', expected: undefined };
const { signal } = new AbortController();

/** What a function's payload becomes on its way to the page. */
async function shown(payload: string, more: Partial<Answered> = {}, expected?: string, to = target) {
  const body = new TextEncoder().encode(payload);
  const { steps, text, contentType } = unwrap(body);
  const reading = readAnswer(text, contentType);
  const sent = { contentType: 'application/json', bytes: 20 };
  const latency = { total: 148, parts: [] };
  const reply: Reply = {
    ...{ outcome: 'answer', target: to, sent, steps, latency, body, text, contentType, reading },
    ...more,
  };
  const named = reading.kind === 'classes' ? await namedClasses(reading, [], signal) : undefined;
  return { outcome: outcomeOf({ ...asked, target: to, expected }, reply, named), named };
}

test("the course's answer of 133 numbers shows Basenji first, says that it is nearly uniform, and how it was unwrapped", async () => {
  const file = readFileSync(path.resolve('test/fixtures/answers/lambda-response-133.json'), 'utf8');
  const { outcome } = await shown(file);
  expect(outcome).toMatchObject({ type: 'answer', content: { kind: 'classes', rows: [{ flat: true }], inputs: 1 } });
  const content = outcome.type === 'answer' && outcome.content.kind === 'classes' ? outcome.content : undefined;
  const [row] = content?.rows ?? [];
  expect(row?.classes.slice(0, 3).map(({ name }) => name)).toEqual([
    'Basenji',
    'Irish terrier',
    'Bernese mountain dog',
  ]);
  expect(row?.classes[0]?.probability).toBeCloseTo(0.013, 3);
  expect(row?.looks).toMatch(/^The numbers look like raw scores/);
  expect(content?.names).toEqual(['Names come from the 133 dog breeds of the course.']);
  expect(outcome.steps.map(({ title }) => title)).toEqual(['Payload', 'statusCode and body', 'Scores']);
  expect(outcome.steps.at(-1)).toMatchObject({ detail: '1 row of 133 numbers' });
  expect(outcome.steps.at(-1)?.text).toMatch(/^\[\d+\] [-\d.]+ {2}Basenji$/m);
});

test('a request tells its version, whether it was cold, where its time went and what it logged', async () => {
  const parts = [
    { part: 'start', name: 'function init', milliseconds: 100 },
    { part: 'code', name: 'function', milliseconds: 30 },
    { part: 'rest', name: 'service and network', milliseconds: 18 },
  ] as const;
  const latency = { total: 148, parts, cold: true };
  const { outcome } = await shown('[0.1, 0.9]', { latency, version: '7', log: ['START', 'REPORT'] }, 'class 1');
  expect(outcome).toMatchObject({
    ...{ milliseconds: 148, ran: 'version 7', cold: true, log: 'START\nREPORT' },
    latency: [{ name: 'Function init' }, { name: 'Function', milliseconds: 30 }, { name: 'Service and network' }],
    content: { expected: 'class 1', rows: [{ classes: [{ correct: true }, { correct: false }] }] },
  });
  expect((await shown('[0.1, 0.9]', { variant: 'AllTraffic' })).outcome).not.toHaveProperty('ran');
});

test('a denial names principal, action and resource, and brings the statement that allows it', () => {
  const resource = 'arn:aws:sagemaker:eu-west-1:111122223333:endpoint/breeds';
  const principal = 'arn:aws:sts::111122223333:assumed-role/predict/predict';
  const errorMessage = `An error occurred (AccessDeniedException) when calling the InvokeEndpoint operation: User: ${principal} is not authorized to perform: sagemaker:InvokeEndpoint on resource: ${resource} because no identity-based policy allows the sagemaker:InvokeEndpoint action`;
  const payload = JSON.stringify({ errorMessage, errorType: 'ClientError', stackTrace: [] });
  const failure = functionFailure('predict', payload, {}, []);
  const sent = { contentType: 'application/json', bytes: 20 };
  const reply: Reply = {
    ...{ outcome: 'failure', target, sent, steps: [], failure },
    latency: { total: 64, parts: [] },
  };
  const outcome = outcomeOf(asked, reply, undefined);
  expect(outcome).toMatchObject({
    type: 'failure',
    denial: { principal, action: 'sagemaker:InvokeEndpoint', resource },
  });
  const statement: unknown = JSON.parse((outcome.type === 'failure' && outcome.denial?.statement) || '');
  expect(statement).toEqual({ Effect: 'Allow', Action: 'sagemaker:InvokeEndpoint', Resource: resource });
});

test('a comparison says whether two targets agree, and marks what differs', async () => {
  const to = { ...target, name: 'other' };
  const side = (payload: string, of = target) => shown(payload, {}, undefined, of);
  const first = await side('{"cat": 0.7, "dog": 0.2, "owl": 0.1}');
  const same = comparisonOf(1, first, await side('{"owl": 0.1, "cat": 0.7, "dog": 0.2}', to));
  expect(same.verdict).toBe('predict:live and other:live agree on all 3 scores');
  expect(same.rows.map(({ name, differs }) => [name, differs])).toEqual([['cat', false], ['dog', false], ['owl', false]]); // prettier-ignore

  const other = comparisonOf(2, first, await side('{"cat": 0.3, "dog": 0.6, "owl": 0.1}', to));
  expect(other.verdict).toBe('predict:live and other:live disagree on the class; 2 of 3 scores differ');
  expect(other.evidence).toBe('Probabilities differ by at most 40.00 percentage points.');
  expect(other.rows.map(({ differs }) => differs)).toEqual([true, true, false]);
  expect(other.rows[1]?.cells).toEqual([
    { probability: 0.2, score: '0.2000' },
    { probability: 0.6, score: '0.6000' },
  ]);

  const strangers = comparisonOf(4, first, await side('{"a": 0.7, "b": 0.2, "c": 0.1}', to));
  expect(strangers.evidence).toBe('They have no class in common, so no number can be compared: look at their names.');

  const words = comparisonOf(3, first, await side('{"status": "ok"}', to));
  expect(words).toMatchObject({ verdict: 'predict:live and other:live answer differently', rows: [] });
});
