import { describe, expect, test } from 'vitest';
import { metricRegexProblem } from '../../../src/project/values.js';
import { type Reading, readProject } from '../../../src/project/read.js';

const text = `{
  // The sample of the documentation.
  "data": { "dogs": { "path": "data/dogs" } },
  "jobs": {
    "best": {
      "kind": "training",
      "script": "train.py",
      "channels": { "training": "data.dogs" },
      "instance": { "type": "ml.m5.xlarge" },
      "metrics": { "valid_loss": "valid_loss=([0-9.e-]+)" },
      "hyperparameters": { "epochs": 2, "learning-rate": 0.1, "note": null },
    },
  },
  "endpoints": {
    "breeds": {
      "model": { "from": "jobs.best" },
      "inference": "inference.py",
      "instance": { "type": "ml.m5.large", "count": 1 }
    }
  }
}`;

/** What is said about a variation of the text, as `line:column severity message`. */
const said = (from: string, to: string) =>
  readProject(text.replace(from, to)).diagnostics.map(
    ({ severity, message, range }) => `${range.line}:${range.column} ${severity} ${message}`,
  );

describe('readProject', () => {
  test('reads entries with comments and trailing commas, and fills in what has a default', () => {
    const { project, diagnostics } = readProject(text);
    expect(diagnostics).toEqual([]);
    expect(project?.jobs['best']).toMatchObject({
      source: '.',
      instance: { type: 'ml.m5.xlarge', count: 1 },
      maxRuntime: 86_400,
      hyperparameters: { epochs: 2, 'learning-rate': 0.1, note: null },
    });
    expect(project?.endpoints['breeds']?.model).toEqual({ from: 'jobs.best' });
  });

  test('minds no byte order mark, and still knows where things are', () => {
    const { places: marked, ...rest } = readProject(`\uFEFF${text}`);
    const { places, ...expected } = readProject(` ${text}`);
    expect(rest).toEqual(expected);
    expect(marked?.value(['jobs', 'best'])).toEqual(places?.value(['jobs', 'best']));
    expect(readProject(`\uFEFF${text}`).project).toBeDefined();
  });

  test.each([
    ['"epochs": 2,', '"epochs": 2', '11:40 error A comma is missing before this.'],
    ['"script": "train.py"', '"scirpt": "train.py"', '7:7 error Unknown key "scirpt".'],
    ['      "script": "train.py",\n', '', '5:13 error The key "script" is missing.'],
    ['"train.py"', '7', '7:17 error Expected a string here, found 7.'],
    ['"data/dogs"', '"../dogs"', '3:31 error A path stays inside the folder of sagemaker.jsonc.'],
    ['"data/dogs"', '"/data/dogs"', '3:31 error A path is relative to the folder of sagemaker.jsonc.'],
    ['"data.dogs"', '"data.cats"', '8:33 error There is no "data.cats" in this file.'],
    ['"jobs.best"', '"jobs.worst"', '16:26 error There is no "jobs.worst" in this file.'],
    [
      '"ml.m5.xlarge"',
      '"m5.xlarge"',
      '9:29 error An instance type looks like ml.m5.xlarge; on SageMaker it starts with ml.',
    ],
    ['"kind": "training"', '"kind": "processing"', '6:15 error A job needs "kind": "training" or "tuning".'],
  ])('says where and what is wrong: %s → %s', (from, to, expected) => {
    const result = readProject(text.replace(from, to));
    expect(result.project).toBeUndefined();
    expect(said(from, to)).toContain(expected);
  });

  test('points at the regex that has no group', () => {
    expect(said('valid_loss=([0-9.e-]+)', 'valid_loss=[0-9]+')).toEqual([
      expect.stringMatching(/^10:34 error The regex has no group/),
    ]);
  });

  test('keeps what is not built yet, and says so instead of acting on it', () => {
    const more = `"machines": { "ec2": {} }, "endpoints"`;
    const { project, diagnostics } = readProject(
      text.replace('"endpoints"', more).replace('"inference":', '"scaling": { "min": 1 }, "inference":'),
    );
    expect(project && Object.keys(project.jobs)).toEqual(['best']);
    expect(diagnostics.map(({ severity, path }) => `${severity} ${path.join('.')}`)).toEqual([
      'information endpoints.breeds.scaling',
      'information machines.ec2',
    ]);
  });

  test('says that an empty file is empty, and never throws', () => {
    expect(readProject('').diagnostics[0]?.message).toBe('The project file is empty.');
    for (const odd of ['[]', 'null', '{"jobs": []}', '{"jobs": {"a": 1}}', '{', '\u0000']) {
      expect(readProject(odd).project).toBeUndefined();
      expect(readProject(odd).diagnostics.length).toBeGreaterThan(0);
    }
  });
});

describe('fixes', () => {
  const fixes = (from: string, to: string) => {
    expect(text).toContain(from);
    return readProject(text.replace(from, to)).diagnostics.flatMap((one) =>
      one.fixes.map(({ replacement }) => replacement),
    );
  };

  test.each([
    ['"script"', '"scirpt"', ['"script"']],
    ['"inference":', '"inferense":', ['"inference"']],
    ['"path"', '"pth"', ['"path"']],
    ['"type": "ml.m5.large"', '"tpye": "ml.m5.large"', ['"type"']],
    ['"data":', '"dat":', ['"data"']],
    ['"ml.m5.large"', '"m5.large"', ['"ml.m5.large"']],
    ['"data.dogs"', '"data.dog"', ['"data.dogs"']],
    ['"jobs.best"', '"jobs.whatever"', ['"jobs.best"']],
    ['valid_loss=([0-9.e-]+)', 'valid_loss=-[0-9]+', ['"valid_loss=(-[0-9]+)"']],
  ])('%s → %s', (from, to, expected) => {
    expect(fixes(from, to)).toEqual(expected);
  });

  test('a key is only changed to one of its own place, which is not there yet', () => {
    // "script" belongs to a job, "inference" is there already.
    expect(fixes('"inference":', '"scrip": "a.py", "inference":')).toEqual([]);
    expect(fixes('"inference":', '"inferense": "a.py", "inference":')).toEqual([]);
    expect(fixes('"kind": "training"', '"kind": "training", "inferense": "a.py"')).toEqual([]);
    expect(fixes('"count": 1', '"count": 1, "kind": "a"')).toEqual([]);
  });
});

describe('while a file is being typed', () => {
  /** `best` and `breeds` of what is shown, and the lines of all entries. */
  const shown = (reading: Reading) => ({
    best: reading.shown.jobs['best']?.script,
    breeds: reading.shown.endpoints['breeds']?.inference,
    lines: reading.entries.map(({ name, range }) => `${name}:${range.line}`),
  });
  const whole = { best: 'train.py', breeds: 'inference.py', lines: ['dogs:3', 'best:5', 'breeds:15'] };

  test.each([
    ['"script": "train.py"', '"script'],
    ['"kind": "training",', '"kind": "tr'],
    ['"epochs": 2,', '"epochs": 2 "'],
    ['"data": { "dogs"', '"data": { " "dogs"'],
    ['"endpoints": {', '"endpoints": { "'],
    ['"channels": { "training": "data.dogs" },', '"channels": {'],
    ['"script": "train.py"', '"scri": "train.py"'],
    ['"inference": "inference.py"', '"inference": 7'],
    ['"ml.m5.xlarge"', '"m5"'],
  ])('every entry keeps its place, and is shown as it was: %s → %s', (from, to) => {
    const before = readProject(text);
    expect(shown(before)).toEqual(whole);
    const after = readProject(text.replace(from, to), before);
    expect(after.project).toBeUndefined();
    expect(after.diagnostics).toHaveLength(
      after.diagnostics.some(({ isSyntax }) => isSyntax) ? 1 : after.diagnostics.length,
    );
    expect(shown(after)).toEqual(whole);
  });

  test('places follow the text, keystroke by keystroke, in several places', () => {
    let reading = readProject(text);
    let typed = text;
    for (const [from, to] of [
      ['"data": {', '"data": {\n"c'],
      ['"data": {\n"c', '"data": {\n"ca\n'],
      ['"endpoints": {', '"endpoints": {\n"n'],
      ['"jobs": {', '"jobs": {\n// "x'],
    ] as const) {
      typed = typed.replace(from, to);
      reading = readProject(typed, reading);
    }
    const lines = typed.split('\n');
    expect(
      reading.entries.map(({ name, range }) =>
        lines[range.line - 1]?.slice(range.column - 1, range.column + 1 + name.length),
      ),
    ).toEqual(['"dogs"', '"best"', '"breeds"']);
  });

  test('what is deleted is gone, and what is right in a wrong file is shown without a reading before', () => {
    const before = readProject(text);
    const emptied = readProject(text.slice(0, text.indexOf('"endpoints"')), before);
    expect(emptied.entries.map(({ name }) => name)).toEqual(['dogs', 'best']);
    expect(readProject('', before).entries).toEqual([]);
    expect(shown(readProject(text.replace('"jobs.best"', '7')))).toMatchObject({ best: 'train.py', breeds: undefined });
  });
});

test('a name that is there twice is one entry, the last as JSON reads it', () => {
  const twice = readProject(`{ "data": { "dogs": { "path": "a" },\n "dogs": { "path": "b" } } }`);
  expect(twice.entries.map(({ range }) => range.line)).toEqual([2]);
  expect(twice.project?.data['dogs']?.path).toBe('b');
});

test('what is no text of ours is refused in a sentence', () => {
  const large = readProject(`{ "data": {} }${' '.repeat(5_000_000)}`);
  expect(large).toMatchObject({ project: undefined, entries: [] });
  expect(large.diagnostics[0]?.message).toBe('A project file has at most 1,000,000 characters.');
  const latin = readProject(new TextDecoder().decode(Buffer.from('{ "name": "caf\xe9" }', 'latin1')));
  expect(latin.project).toBeUndefined();
  expect(latin.diagnostics.map(({ message }) => message)).toEqual([expect.stringContaining('not UTF-8')]);
});

test('a metric regex needs a capturing group, also when it has others', () => {
  expect(metricRegexProblem('a=([0-9]+)')).toBeUndefined();
  expect(metricRegexProblem('(?:a|b)=[0-9]+')).toMatch('no group');
  expect(metricRegexProblem('a=(')).toMatch('not a regular expression');
});
