import { describe, expect, test } from 'vitest';
import { metricRegexProblem } from '../../../src/project/project.js';
import { readProject } from '../../../src/project/read.js';

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
    const { place: marked, ...rest } = readProject(`\uFEFF${text}`);
    const { place, ...expected } = readProject(` ${text}`);
    expect(rest).toEqual(expected);
    expect(marked?.(['jobs', 'best'])).toEqual(place?.(['jobs', 'best']));
    expect(readProject(`\uFEFF${text}`).project).toBeDefined();
  });

  test.each([
    ['"epochs": 2,', '"epochs": 2', '11:40 error This is not JSON: comma expected.'],
    ['"script": "train.py"', '"scirpt": "train.py"', '7:17 error Unknown key "scirpt".'],
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
    const more = `"functions": { "predict": { "handler": "x.py" } }, "machines": { "ec2": {} }, "endpoints"`;
    const { project, diagnostics } = readProject(
      text
        .replace('"endpoints"', more)
        .replace('"inference":', '"scaling": { "min": 1 }, "inference":')
        .replace('"jobs": {', '"jobs": { "tune": { "kind": "tuning", "maxJobs": 12 },'),
    );
    expect(project && Object.keys(project.jobs)).toEqual(['best']);
    expect(diagnostics.map(({ severity, path }) => `${severity} ${path.join('.')}`)).toEqual([
      'information jobs.tune',
      'information endpoints.breeds.scaling',
      'information functions.predict',
      'information machines.ec2',
    ]);
  });

  test('refuses a model or hyperparameters from a tuning job by name, as long as that is not built', () => {
    const tuning = text.replace('"jobs": {', '"jobs": { "tune": { "kind": "tuning" },');
    expect(readProject(tuning.replace('"jobs.best"', '"jobs.tune"')).project).toBeUndefined();
    expect(readProject(tuning.replace('"epochs": 2', '"from": "jobs.tune"')).project).toBeUndefined();
  });

  test('says that an empty file is empty, and never throws', () => {
    expect(readProject('').diagnostics[0]?.message).toBe('The project file is empty.');
    for (const odd of ['[]', 'null', '{"jobs": []}', '{"jobs": {"a": 1}}', '{', '\u0000']) {
      expect(readProject(odd).project).toBeUndefined();
      expect(readProject(odd).diagnostics.length).toBeGreaterThan(0);
    }
  });
});

test('a metric regex needs a capturing group, also when it has others', () => {
  expect(metricRegexProblem('a=([0-9]+)')).toBeUndefined();
  expect(metricRegexProblem('(?:a|b)=[0-9]+')).toMatch('no group');
  expect(metricRegexProblem('a=(')).toMatch('not a regular expression');
});
