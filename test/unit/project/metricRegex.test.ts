import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { notInPython, withNumberInGroup } from '../../../src/project/metricRegex.js';
import { metricRegexProblem } from '../../../src/project/values.js';

test.each([
  ['loss=[0-9.]+', 'loss=([0-9.]+)'],
  ['loss=-[0-9]+\\.[0-9]+', 'loss=(-[0-9]+\\.[0-9]+)'],
  ['acc: \\d+\\.\\d+%', 'acc: (\\d+\\.\\d+)%'],
  ['loss=[0-9.]+e-[0-9]+', 'loss=([0-9.]+e-[0-9]+)'],
  ['loss=[+-]?\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d+)?;', 'loss=([+-]?\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d+)?);'],
  ['(?:train|valid)_loss=[0-9.]{1,8}', '(?:train|valid)_loss=([0-9.]{1,8})'],
  ['loss=0\\.[0-9]+\\.', 'loss=(0\\.[0-9]+)\\.'],
  ['loss=\\d+.\\d+', 'loss=(\\d+.\\d+)'],
  ['top1=\\d+', 'top1=(\\d+)'],
  ['loss-\\d+', 'loss-(\\d+)'],
  ['value-[0-9]+ epochs', 'value-([0-9]+) epochs'],
  ['loss=.*', 'loss=(.*)'],
  ['loss=[^,]+,', 'loss=([^,]+),'],
  ['loss: ', 'loss: ([0-9.eE+-]+)'],
])('the whole number goes into the group: %s', (regex, expected) => {
  expect(withNumberInGroup(regex)).toEqual([expected]);
});

test('of several numbers the person chooses', () => {
  expect(withNumberInGroup('epoch \\d+: loss=[0-9.]+')).toEqual([
    'epoch (\\d+): loss=[0-9.]+',
    'epoch \\d+: loss=([0-9.]+)',
  ]);
});

test.each(['loss', 'a=\\d+|b=\\d+', '\\d+\\1'])('nothing is proposed where a group would not help: %s', (regex) => {
  expect(withNumberInGroup(regex)).toEqual([]);
});

test('whatever is proposed is a regex with a group, and finds the same text', () => {
  const part = fc.constantFrom(
    ...[
      'loss',
      'e',
      'E',
      '1',
      '-',
      '\\-',
      '\\+',
      '+',
      '.',
      '\\.',
      '[.,]',
      '[-+]',
      '\\d',
      '[0-9]',
      '[0-9.e+-]',
      ' ',
      '=',
    ],
    ...['\\s', '%', '[eE]', '[^ ]', '\\S', '\\w', '^', '$', '\\b', '[a-z]', '[]]', '|', '(?=\\d)', '(?:\\.\\d+)'],
    ...['(?:a|b)', '(?:[eE][-+]?\\d+)', '(?:-|\\+)', '[\\]0-9]', '\\(', '\\x31', '\\u0031', '\\/'],
  );
  const quantified = fc
    .tuple(part, fc.constantFrom('', '', '', '+', '*', '?', '+?', '{2}', '{1,3}'))
    .map((two) => two.join(''));
  const valid = fc
    .array(quantified, { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(''))
    .filter((regex) => metricRegexProblem(regex)?.startsWith('The regex has no group') === true);
  const line = fc
    .array(fc.constantFrom('loss', 'e', '1', '20', '-', '+', '.', ' ', '=', '%', 'a', ']', '('), { maxLength: 12 })
    .map((parts) => parts.join(''));
  let proposed = 0;
  fc.assert(
    fc.property(valid, fc.array(line, { minLength: 5, maxLength: 10 }), (regex, lines) => {
      for (const fixed of withNumberInGroup(regex)) {
        proposed++;
        expect(metricRegexProblem(fixed), fixed).toBeUndefined();
        // One that ended before the number now has it as well.
        const longer = fixed === `${regex}([0-9.eE+-]+)`;
        for (const text of lines) {
          const [was, is] = [new RegExp(regex).exec(text), new RegExp(fixed).exec(text)];
          if (longer && !is) continue;
          if (longer) expect(is?.[0]).toMatch(new RegExp(regex));
          else expect([is?.index, is?.[0]], `${fixed} in ${text}`).toEqual([was?.index, was?.[0]]);
        }
      }
    }),
    { numRuns: 500 },
  );
  expect(proposed).toBeGreaterThan(100);
});

test('what Python would not take is known, by a real Python', () => {
  const regexes = [
    'loss=([0-9.]+)',
    'loss\\s*[:=]\\s*(\\d+\\.?\\d*(?:e[-+]\\d+)?)',
    '(?P<value>\\d+)(?P=value)',
    '(?i)LOSS (?:a|b) ([\\w.\\-/\\]]+)\\Z',
    '(?<=loss )(\\d+)(?<!x)',
    'loss (?<value>\\d+)',
    'loss\\p(\\d)',
    'loss\\k(\\d)',
    '\\cA(\\d)',
    '\\-\\/\\:(\\d)',
    '([^]+)',
    'a[](\\d)',
    '([\\y]+)',
    '([\\B]+)',
    '\\u0041\\x41(\\d)',
  ];
  const script = `
import json, re, sys
def taken(text):
    try:
        re.compile(text)
        return True
    except re.error:
        return False
print(json.dumps([taken(text) for text in json.load(sys.stdin)]))
`;
  const answer = execFileSync('python3', ['-c', script], { input: JSON.stringify(regexes) });
  const taken = JSON.parse(answer.toString()) as boolean[];
  expect(taken).toContain(false);
  expect(regexes.filter((regex) => notInPython(regex) === undefined)).toEqual(regexes.filter((_, at) => taken[at]));
});

test('Python’s own spelling is a regex of a metric', () => {
  expect(metricRegexProblem('(?i)loss=(?P<value>[0-9.]+)')).toBeUndefined();
  expect(metricRegexProblem('(?i)loss=[0-9.]+')).toMatch('no group');
});
