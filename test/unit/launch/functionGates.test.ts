import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../../src/aws/gateways/endpoints.js';
import {
  endpointGate,
  handlerGate,
  memoryGate,
  packageGate,
  policyGate,
  timeoutGate,
} from '../../../src/launch/functionGates.js';
import type { Gate } from '../../../src/launch/gates.js';
import { policyText } from '../../../src/launch/proposeFunction.js';
import { readHandlerFile } from '../../../src/launch/scanWorkspace.js';
import type { ZipArchive } from '../../../src/packaging/zip.js';
import type { LambdaFunction } from '../../../src/project/functions.js';

const wanted = { handler: 'app.answer' } as LambdaFunction;
const reading = (text: string) => readHandlerFile(text, 'answer')!;
const zip = (more: Partial<ZipArchive> = {}): ZipArchive => ({
  bytes: new Uint8Array(10),
  sha256: '',
  unzipped: 20,
  contents: [{ path: 'app.py', sha256: '' }],
  ...more,
});
const endpoint = (state: string) => ({ state }) as Endpoint;
const place = { partition: 'aws', region: 'us-east-1', account: '123456789012' };
const policy = policyText('breeds', { name: 'predict', endpoint: 'Classifier' });

describe('a gate of a function', () => {
  test.each<[string, Gate, Gate['level']]>([
    ['a handler that is there', handlerGate(wanted, 'answer', reading('def answer(event, context): ...')), 'green'],
    ['a handler that is not', handlerGate(wanted, 'answer', reading('def other(event, context): ...')), 'red'],
    ['a file that is too large to read', handlerGate(wanted, 'answer', undefined), 'amber'],
    ['a small package', packageGate(zip()), 'green'],
    ['50 MB and a byte', packageGate(zip({ bytes: new Uint8Array(50 * 1024 * 1024 + 1) })), 'red'],
    ['250 MB and a byte unzipped', packageGate(zip({ unzipped: 250 * 1024 * 1024 + 1 })), 'red'],
    [
      'what Lambda does not install',
      packageGate(zip({ contents: [{ path: 'requirements.txt', sha256: '' }] })),
      'amber',
    ],
    ['the policy of the wizard', policyGate('p.json', policy, 'breeds-Classifier', place), 'green'],
    ['that policy for another endpoint', policyGate('p.json', policy, 'breeds-other', place), 'red'],
    ['that policy without an endpoint', policyGate('p.json', policy, undefined, place), 'green'],
    ['no policy file', policyGate('p.json', undefined, undefined, place), 'red'],
    ['a policy that is none', policyGate('p.json', '{', undefined, place), 'red'],
    ['an endpoint in service', endpointGate('endpoints.a', 'a', endpoint('InService')), 'green'],
    ['an endpoint on its way', endpointGate('endpoints.a', 'a', endpoint('Creating')), 'amber'],
    ['no endpoint', endpointGate('endpoints.a', 'a', undefined), 'amber'],
    ['3 s in front of a model of 5 s', timeoutGate({ timeout: 3 }, { p50: 4000, p99: 5000 }), 'amber'],
    ['30 s in front of it', timeoutGate({ timeout: 30 }, { p50: 4000, p99: 5000 }), 'green'],
    ['3 s in front of what was never measured', timeoutGate({ timeout: 3 }, undefined), 'green'],
    ['128 MB for pictures', memoryGate({ memorySize: 128 }, true), 'amber'],
    ['128 MB for numbers', memoryGate({ memorySize: 128 }, false), 'green'],
    ['256 MB for pictures', memoryGate({ memorySize: 256 }, true), 'green'],
  ])('%s', (_, gate, level) => {
    expect(gate.level).toBe(level);
    if (level !== 'green' && gate.id !== 'handler') expect(gate.fix).toBeDefined();
  });

  test('names the timeout that would do, and what the file has instead of the handler', () => {
    expect(timeoutGate({ timeout: 3 }, { p50: 4000, p99: 5000 })).toMatchObject({
      evidence: "3 s, and the endpoint's model took 4.0 s (p50) and 5.0 s (p99) in the last 24 hours",
      fix: 'Set "timeout" to 11 or more.',
    });
    expect(handlerGate(wanted, 'answer', reading('def other(): ...')).evidence).toContain('it has other');
  });
});

describe('a handler', () => {
  test.each([
    ['a function', 'def answer(event, context):\n    pass\n', true],
    ['a decorated one', '@logger.inject\ndef answer(event, context):\n    pass\n', true],
    ['an object', 'answer = Mangum(app)\n', true],
    ['an import', 'from api import answer\n', true],
    ['an import under another name', 'from api import handler as answer\n', true],
    ['an import of everything', 'from api import *\n', true],
    ['one of two ways', 'try:\n    from api import answer\nexcept ImportError:\n    answer = None\n', true],
    ['a method', 'class A:\n    def answer(self, event, context):\n        pass\n', false],
    ['a function within another', 'def other():\n    def answer(event, context):\n        pass\n', false],
    ['a word in a text', '"""answer"""\n# def answer\n', false],
    ['nothing', '', false],
  ])('may be %s', (_, text, isDefined) => {
    expect(reading(text).isDefined).toBe(isDefined);
  });

  test.each([
    ['ContentType="image/jpeg"', true],
    ["event['image']", true],
    ['"images are not taken"', false],
    ['"text/csv"', false],
  ])('takes pictures: %s', (code, takesImages) => {
    expect(reading(`def answer(event, context):\n    f(${code})\n`).takesImages).toBe(takesImages);
  });
});
