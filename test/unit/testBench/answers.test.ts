import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../src/testBench/answers.js';
import { classify, isFlat, isSameClass, softmax } from '../../../src/testBench/classes.js';
import { chooseLabels, type LabelSource, readLabels } from '../../../src/testBench/labels.js';

const never = new AbortController().signal;
const fixture = (name: string) => readFileSync(path.resolve('test/fixtures/answers', name), 'utf8');
const json = (value: unknown) => readAnswer(JSON.stringify(value), 'application/json');
const source = (from: string, names: readonly string[] | undefined): LabelSource => ({ from, read: async () => names });

describe("the course's own answer of 133 numbers", () => {
  const { body } = JSON.parse(fixture('lambda-response-133.json')) as { body: string };

  test('is Basenji first, then Irish terrier and Bernese mountain dog, and is said to be nearly uniform', async () => {
    const reading = readAnswer(body, 'application/json');
    if (reading.kind !== 'classes') throw new Error(reading.heading);
    const { labels } = await chooseLabels(reading.rows[0]!.length, [], never);
    const { predictions, flat, kind } = classify(reading.rows[0]!, labels?.names);
    expect(predictions.slice(0, 3).map(({ name }) => name)).toEqual([
      'Basenji',
      'Irish terrier',
      'Bernese mountain dog',
    ]);
    expect(predictions[0]?.probability).toBeCloseTo(0.0128, 4);
    expect({ flat, kind, from: labels?.from }).toEqual({
      flat: true,
      kind: 'scores',
      from: 'the 133 dog breeds of the course',
    });
  });

  test("has the data set's folders in their order behind its names", async () => {
    const folders = JSON.parse(fixture('dog-breed-folders.json')) as string[];
    const { labels } = await chooseLabels(133, [], never);
    expect(labels?.names.filter((name, index) => !isSameClass(name, folders[index] ?? ''))).toEqual([]);
  });
});

describe('readAnswer', () => {
  test.each([
    ['a row', [3, 1], { rows: [[3, 1]] }],
    ["the toolkit's row in a list", [[3, 1]], { rows: [[3, 1]] }],
    ['a batch', [[3, 1], [0, 2]], { rows: [[3, 1], [0, 2]] }], // prettier-ignore
    ["the sample's", { predictions: [], labels: ['a', 'b'], scores: [3, 1] }, { rows: [[3, 1]], names: ['a', 'b'] }],
    ['positions for labels', { labels: ['0', '1'], scores: [3, 1] }, { rows: [[3, 1]] }],
    ['null for labels', { scores: [3, 1], labels: null }, { rows: [[3, 1]] }],
    ["TensorFlow Serving's", { predictions: [[0.9, 0.1]] }, { rows: [[0.9, 0.1]] }],
    [
      "JumpStart's",
      { probabilities: [0.9, 0.1], labels: ['a', 'b'], predicted_label: 'a' },
      { rows: [[0.9, 0.1]], names: ['a', 'b'] },
    ],
    [
      'the best few of many with their probabilities',
      [
        { label: 'a', score: 0.5 },
        { label: 'b', score: 0.2 },
      ],
      { rows: [[0.5, 0.2]], names: ['a', 'b'], probabilities: [[0.5, 0.2]] },
    ],
    ['names with probabilities', { a: 0.75, b: 0.25 }, { rows: [[0.75, 0.25]], names: ['a', 'b'] }],
  ])('finds the numbers in %s', (_what, answer, found) => {
    expect(json(answer)).toEqual({ kind: 'classes', ...found });
  });

  test.each([
    ['{}', 'An answer without classes'],
    ['{"rmse": 3, "mae": 2}', 'An answer without classes'],
    ['[]', 'An answer without classes'],
    ['[["a"]]', 'An answer without classes'],
    ['[[1, null]]', 'An answer without classes'],
    ['0.73', 'One number: 0.73'],
    ['[[0.73]]', 'One number: 0.73'],
    ['[[0.73], [0.2]]', 'One number for each input'],
    ['[[1, 2], [3, 4, 5]]', 'Rows of different lengths'],
    [' ', 'An empty answer'],
    ['<html>', 'A text'],
    ['[[NaN, 1.5], [2, Infinity]]', '2 of 4 numbers are NaN or infinite'],
    ['[-Infinity, -Infinity]', 'All numbers are -Infinity'],
  ])('does not make classes of %s', (text, heading) => {
    expect(readAnswer(text, 'application/json')).toMatchObject({ kind: 'other', heading });
  });

  test('leaves NaN alone where it is a word in a text, and reads a class that cannot be', () => {
    const reading = readAnswer('{"scores": [1, -Infinity], "labels": ["NaN", "say \\"NaN\\""]}', '');
    expect(reading).toEqual({ kind: 'classes', rows: [[1, -Infinity]], names: ['NaN', 'say "NaN"'] });
    expect(classify([1, -Infinity]).predictions.map(({ probability }) => probability)).toEqual([1, 0]);
  });

  test('reads CSV: rows of numbers, one number a line, and a table with a heading', () => {
    expect(readAnswer('0.2,0.8\n0.5,0.5\n', 'text/csv')).toEqual({ kind: 'classes', rows: [[0.2, 0.8], [0.5, 0.5]] }); // prettier-ignore
    expect(readAnswer('2\n-1\n0.5\n', 'text/csv')).toEqual({ kind: 'classes', rows: [[2, -1, 0.5]] });
    expect(readAnswer('label,probability,score\n"Bag, small",0.9,7\nCoat,0.1,5\n', 'text/csv')).toEqual({
      kind: 'classes',
      rows: [[7, 5]],
      names: ['Bag, small', 'Coat'],
      probabilities: [[0.9, 0.1]],
    });
    expect(readAnswer('nan,1\n', 'text/csv')).toMatchObject({ heading: '1 of 2 numbers are NaN or infinite' });
    expect(readAnswer('a,b\nc,d\n', 'text/csv')).toMatchObject({ heading: 'A table without classes' });
  });
});

describe('classify', () => {
  test('says what the numbers look like, and leaves probabilities as they are', () => {
    expect(classify([0.9, 0.1])).toMatchObject({ kind: 'probabilities', predictions: [{ probability: 0.9 }, {}] });
    expect(classify([Math.log(0.9), Math.log(0.1)])).toMatchObject({ kind: 'log-probabilities' });
    const { kind, predictions } = classify([0, 2, 1], ['cat', 'dog', '003.Guinea_pig']);
    expect(kind).toBe('scores');
    expect(predictions.map(({ name, index }) => [name, index])).toEqual([
      ['dog', 1],
      ['Guinea pig', 2],
      ['cat', 0],
    ]);
    expect(predictions[0]?.probability).toBeCloseTo(0.6652, 4);
  });

  test('numbers classes without a name', () => {
    expect(classify([3, 1]).predictions.map(({ name }) => name)).toEqual(['class 0', 'class 1']);
  });

  test.each([
    ['all equal', Array<number>(133).fill(1 / 133), true],
    ['58 : 42', [0.58, 0.42], true],
    ['60 : 40', [0.6, 0.4], false],
    ['unsure among ten', [0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.04, 0.03, 0.02, 0.01], false],
    ['sure', [0.97, 0.01, 0.01, 0.01], false],
    ['the best few of many', [0.02, 0.02, 0.02], false],
  ])('nearly uniform is right for %s', (_what, probabilities, flat) => {
    expect(isFlat(probabilities)).toBe(flat);
  });
});

describe('labels', () => {
  test.each([
    ['a list', '["cat", "dog"]'],
    ['position to name, in any order', '{"1": "dog", "0": "cat"}'],
    ['name to position, as torchvision has it', '{"dog": 1, "cat": 0}'],
    ['a name a line', 'cat\r\ndog\r\n'],
  ])('are read from %s', (_what, text) => {
    expect(readLabels(text)).toEqual(['cat', 'dog']);
  });

  test.each(['', '{', '[1, 2]', '{"0": "cat", "2": "dog"}', '{"a": {}}'])('are not in %j', (text) => {
    expect(readLabels(text)).toBeUndefined();
  });

  test('of the wrong length are said, not used, and the next place is asked', async () => {
    const failing: LabelSource = { from: 'labels.json in the model', read: () => Promise.reject(new Error('denied')) };
    const chosen = await chooseLabels(
      2,
      [failing, source('labels.txt', ['a', 'b', 'c']), source('the class folders of data/pets', ['cat', 'dog'])],
      never,
    );
    expect(chosen).toEqual({
      labels: { names: ['cat', 'dog'], from: 'the class folders of data/pets' },
      passed: ['Not used: labels.json in the model (denied).', 'Not used: labels.txt (3 names for 2 numbers).'],
    });
  });

  test('are none at all where nobody knows any', async () => {
    expect(await chooseLabels(7, [source('labels.txt', undefined)], never)).toEqual({ labels: undefined, passed: [] });
  });
});

test('softmax sums to one and keeps the order, for scores of any size', () => {
  const scores = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(scores, (given) => {
      const probabilities = softmax(given);
      expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
      expect(probabilities[given.indexOf(Math.max(...given))]).toBe(Math.max(...probabilities));
    }),
  );
});
