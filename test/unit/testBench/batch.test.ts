import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { type AskPicture, type BatchRow, runBatch } from '../../../src/testBench/batch.js';
import { classify } from '../../../src/testBench/classes.js';
import { compare, summarizeDifferences } from '../../../src/testBench/compare.js';
import { picturesOf, summarize } from '../../../src/testBench/confusion.js';
import { type Picture, picturesIn } from '../../../src/testBench/pictures.js';
import { resultsCsv } from '../../../src/testBench/resultsCsv.js';

const never = new AbortController().signal;
const names = ['cat', 'dog', 'guinea pig'];
const picture = (name: string, expected?: string): Picture => ({ file: `/data/${name}`, name, expected });

function answer(numbers: number[], labels = names): Awaited<ReturnType<AskPicture>> {
  const target = { kind: 'endpoint', name: 'pets' } as const;
  const reply = {
    ...{
      target,
      outcome: 'answer' as const,
      sent: { contentType: 'image/png', bytes: 1 },
      steps: [],
      body: new Uint8Array(),
    },
    ...{ text: '', contentType: 'application/json', latency: { total: 5, parts: [] } },
    reading: { kind: 'classes' as const, rows: [numbers] },
  };
  return { reply, classes: classify(numbers, labels) };
}

describe('a batch', () => {
  test('asks each picture once, at most so many at a time, and keeps their order', async () => {
    const pictures = Array.from({ length: 20 }, (_, index) => picture(`${index}.png`));
    const asked: string[] = [];
    let now = 0;
    let most = 0;
    const seen: number[] = [];
    const ask: AskPicture = async ({ name }) => {
      asked.push(name);
      most = Math.max(most, ++now);
      // Those that come later are quicker.
      await new Promise((resolve) => setTimeout(resolve, 20 - asked.length));
      now--;
      return answer([1, 2, 3]);
    };
    const result = await runBatch(pictures, ask, { concurrency: 4, progress: (done) => seen.push(done) }, never);
    expect(most).toBe(4);
    expect(asked.sort()).toEqual(pictures.map(({ name }) => name).sort());
    expect(result.rows.map((row) => row.picture.name)).toEqual(pictures.map(({ name }) => name));
    expect(seen).toEqual(pictures.map((_, index) => index + 1));
    expect(result.cancelled).toBe(false);
  });

  test('counts what fails and goes on', async () => {
    const ask: AskPicture = async ({ name }) => {
      if (name === 'b') throw new Error('cannot be read');
      return answer(name === 'c' ? [1] : [3, 2, 1]);
    };
    const { rows } = await runBatch([picture('a', 'cat'), picture('b', 'cat'), picture('c')], ask, {}, never);
    expect(rows.map((row) => row.outcome)).toEqual(['answer', 'failure', 'answer']);
    expect(rows[1]).toMatchObject({ message: 'cannot be read' });
    expect(summarize(rows)).toMatchObject({ answered: 2, failed: 1, known: 1, accuracy: 1 });
  });

  test.each([
    ['the person', undefined, undefined],
    ['what it needs', new UserError('The connection was switched.'), 'The connection was switched.'],
  ])('ends with what there is when it is cancelled by %s', async (_, reason, says) => {
    const cancel = new AbortController();
    const ask: AskPicture = async ({ name }, signal) => {
      if (name === '2') cancel.abort(reason);
      signal.throwIfAborted();
      return answer([1, 2, 3]);
    };
    const pictures = Array.from({ length: 10 }, (_each, index) => picture(String(index)));
    const { rows, cancelled, why } = await runBatch(pictures, ask, {}, cancel.signal);
    expect([rows.length, cancelled, why]).toEqual([2, true, says]);
  });
});

describe('what a batch says', () => {
  const row = (name: string, expected: string | undefined, ...best: string[]): BatchRow => ({
    ...{ outcome: 'answer', picture: picture(name, expected), milliseconds: 2, classes: 133 },
    best: best.map((each) => ({ name: each, probability: 0.5 })),
  });
  const rows: BatchRow[] = [
    row('1', '001.Cat', 'cat'),
    row('2', '001.Cat', 'dog', 'cat'),
    row('3', '001.Cat', 'dog', 'cat'),
    row('4', '002.Dog', 'dog'),
    row('5', '003.Guinea_pig', 'cat', 'dog'),
    row('6', undefined, 'dog'),
    { outcome: 'failure', picture: picture('7', '002.Dog'), milliseconds: 1, message: 'no, "never"' },
  ];

  test('is the matrix of the classes that occur, however their folders are called', () => {
    const summary = summarize(rows);
    expect(summary.classes).toEqual([
      { name: 'cat', count: 3, correct: 1, predicted: 2 },
      { name: 'dog', count: 1, correct: 1, predicted: 3 },
      { name: 'Guinea pig', count: 1, correct: 0, predicted: 0 },
    ]);
    expect(summary.matrix).toEqual([
      [1, 2, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    expect(summary).toMatchObject({ answered: 6, failed: 1, known: 5, accuracy: 2 / 5, top5Accuracy: 4 / 5 });
    expect(summary.confusions[0]).toEqual({ expected: 'cat', predicted: 'dog', count: 2 });
    expect(picturesOf(rows, 'cat', 'dog').map(({ picture: { name } }) => name)).toEqual(['2', '3']);
  });

  test('is no accuracy of none, and no top-5 of five classes', () => {
    expect(summarize([rows[5]!])).toMatchObject({ accuracy: undefined, top5Accuracy: undefined, matrix: [] });
    expect(summarize([{ ...row('1', 'cat', 'cat'), classes: 5 } as BatchRow]).top5Accuracy).toBeUndefined();
  });

  test('can be had as CSV', () => {
    expect(resultsCsv([rows[1]!, rows[6]!]).split('\r\n')).toEqual([
      'picture,true,predicted,probability,correct,best5,milliseconds,error',
      '2,001.Cat,dog,0.5,false,dog; cat,2.0,',
      '7,002.Dog,,,,,1.0,"no, ""never"""',
      '',
    ]);
  });
});

describe('two answers', () => {
  const numbers = [0.5, 2, -1];

  test('are equal within what sums of floats differ by, and in the same order', () => {
    const other = numbers.map((number) => number + 1e-6);
    expect(compare(classify(numbers, names), classify(other, names))).toMatchObject({
      ...{ equal: true, sameOrder: true, sameFirst: true },
    });
  });

  test('differ by the largest difference of a class, and by their order', () => {
    const difference = compare(classify(numbers, names), classify([2.5, 2, -1], names));
    expect(difference).toMatchObject({ equal: false, sameOrder: false, sameFirst: false, score: 2 });
    expect(
      difference.classes.map(({ name, differs, left, right }) => [name, differs, left?.rank, right?.rank]),
    ).toEqual([
      ['dog', false, 1, 2],
      ['cat', true, 2, 1],
      ['guinea pig', false, 3, 3],
    ]);
  });

  test('are counted over many pictures', () => {
    const differences = [numbers, [2.5, 2, -1], [0.6, 2, -1]].map((other) =>
      compare(classify(numbers, names), classify(other, names)),
    );
    const summary = summarizeDifferences(differences);
    expect(summary).toMatchObject({ compared: 3, equal: 1, sameFirst: 2, score: 2 });
    expect(summarizeDifferences([])).toMatchObject({ compared: 0, equal: 0, score: 0 });
  });

  test('of all classes and of the best few are compared by what both name', () => {
    const all = classify(numbers, names);
    const best = classify(
      [2, 0.5],
      ['Dog', 'cat'],
      all.predictions.slice(0, 2).map(({ probability }) => probability),
    );
    expect(compare(all, best)).toMatchObject({ equal: true, sameOrder: true, classes: [{}, {}, { right: undefined }] });
  });

  test('of scores and of probabilities are compared as probabilities', () => {
    const scores = classify(numbers, names);
    const given = names.map((name) => scores.predictions.find((each) => each.name === name)!.probability);
    expect(compare(scores, classify(given, names))).toMatchObject({ equal: true, score: 0 });
    expect(compare(classify([-Infinity, 1], names), classify([-Infinity, 1], names)).equal).toBe(true);
  });
});

describe('the pictures of a data folder', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pictures-'));
    for (const file of [
      'train/cat/1.png',
      'test/dog/10.png',
      'test/dog/2.png',
      'test/cat/3.JPG',
      'test/cat/notes.txt',
    ]) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), '');
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('come from the test split first, class by class, in an order that stays', async () => {
    expect((await picturesIn(folder, never)).map(({ name, expected }) => [name, expected])).toEqual([
      ['test/cat/3.JPG', 'cat'],
      ['test/dog/10.png', 'dog'],
      ['test/dog/2.png', 'dog'],
      ['train/cat/1.png', 'cat'],
    ]);
    expect((await picturesIn(path.join(folder, 'test/cat'), never)).map(({ expected }) => expected)).toEqual([
      undefined,
    ]);
  });
});
