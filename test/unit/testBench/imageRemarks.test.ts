import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { imageRemarks } from '../../../src/testBench/imageRemarks.js';

/** Pictures as Pillow writes them, by the same Python that the tests of the sandbox use. */
const script = `
import base64, io, json, sys
from PIL import Image
found = {}
for name, mode, kind in json.loads(sys.argv[1]):
    out = io.BytesIO()
    Image.new(mode, (9, 7)).save(out, kind)
    found[name] = base64.b64encode(out.getvalue()).decode()
print(json.dumps(found))
`;
const wanted = [
  ['RGB', 'RGB', 'PNG'],
  ['grey', 'L', 'PNG'],
  ['RGBA', 'RGBA', 'PNG'],
  ['palette', 'P', 'PNG'],
  ['16 bits', 'I;16', 'PNG'],
  ['RGB JPEG', 'RGB', 'JPEG'],
  ['grey JPEG', 'L', 'JPEG'],
  ['CMYK JPEG', 'CMYK', 'JPEG'],
  ['GIF', 'P', 'GIF'],
];
const pictures = JSON.parse(
  execFileSync('/usr/bin/python3', ['-c', script, JSON.stringify(wanted)], { encoding: 'utf8' }),
) as Record<string, string>;
const picture = (name: string) => Buffer.from(pictures[name]!, 'base64');

test.each([
  ['RGB', []],
  ['grey', ['The PNG is grey: it has one channel, not three.']],
  ['RGBA', ['The PNG has transparency: it has four channels, not three.']],
  ['palette', ['The PNG has a palette: its pixels are numbers of colours.']],
  ['16 bits', ['The PNG is grey: it has one channel, not three.', 'The PNG has 16 bits a channel, not 8.']],
  ['RGB JPEG', []],
  ['grey JPEG', ['The JPEG is grey: it has one channel, not three.']],
  ['CMYK JPEG', ['The JPEG is in CMYK, as for print: it has four channels, not three.']],
  ['GIF', []],
])('a picture that is %s', (name, remarks) => {
  expect(imageRemarks(picture(name))).toEqual(remarks);
});

test('a picture that is cut off, anywhere', () => {
  for (const name of ['RGB', 'RGB JPEG']) {
    const whole = picture(name);
    for (let length = 8; length < whole.length - 8; length++) {
      expect(imageRemarks(whole.subarray(0, length)).join(' ')).toContain('is cut off');
    }
  }
  expect(imageRemarks(Buffer.from('no picture'))).toEqual([]);
});
