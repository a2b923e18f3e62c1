import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketNameProblem } from '../../../../src/sandbox/services/s3/bucketName.js';
import {
  checksumAlgorithms,
  checksumType,
  compositeChecksum,
  newDigest,
} from '../../../../src/sandbox/services/s3/checksums.js';
import { judgeRead, judgeWrite } from '../../../../src/sandbox/services/s3/conditions.js';
import { parseCopyRange, parseRange } from '../../../../src/sandbox/services/s3/ranges.js';
import { readTagHeader } from '../../../../src/sandbox/services/s3/tags.js';
import { parseXml, xmlDocument, xmlText } from '../../../../src/sandbox/services/s3/xml.js';

describe('a range of bytes', () => {
  test.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-', { start: 2, end: 9 }],
    ['bytes=2-99', { start: 2, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-2', 'whole'],
    ['bytes=0-1,3-4', 'whole'],
    ['bytes=-', 'whole'],
    ['lines=1-2', 'whole'],
    [undefined, 'whole'],
  ])('of ten: %s', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  test('never reaches outside the body', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.option(fc.nat(25)), fc.option(fc.nat(25)), (size, first, last) => {
        const range = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (typeof range === 'string') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });

  test('of a copy names both of its ends', () => {
    expect(parseCopyRange('bytes=1-2')).toEqual({ start: 1, end: 2 });
    for (const header of ['bytes=1-', 'bytes=-2', 'bytes=2-1', '1-2']) expect(parseCopyRange(header)).toBeUndefined();
  });
});

describe('preconditions', () => {
  const entity = { etag: '"abc"', modified: new Date('2026-01-02T03:04:05.678Z') };
  const none = { ifMatch: undefined, ifNoneMatch: undefined, ifModifiedSince: undefined, ifUnmodifiedSince: undefined };
  const sameSecond = 'Fri, 02 Jan 2026 03:04:05 GMT';
  const before = 'Fri, 02 Jan 2026 03:04:04 GMT';

  test.each([
    [{}, 'read'],
    [{ ifMatch: '"abc"' }, 'read'],
    [{ ifMatch: 'abc' }, 'read'],
    [{ ifMatch: '*' }, 'read'],
    [{ ifMatch: '"x", "abc"' }, 'read'],
    [{ ifMatch: '"x"' }, 'refused'],
    [{ ifNoneMatch: '"abc"' }, 'If-None-Match'],
    [{ ifNoneMatch: '"x"' }, 'read'],
    [{ ifModifiedSince: sameSecond }, 'If-Modified-Since'],
    [{ ifModifiedSince: before }, 'read'],
    [{ ifModifiedSince: 'yesterday' }, 'read'],
    [{ ifUnmodifiedSince: sameSecond }, 'read'],
    [{ ifUnmodifiedSince: before }, 'refused'],
    [{ ifMatch: '"abc"', ifUnmodifiedSince: before }, 'read'],
    [{ ifNoneMatch: '"x"', ifModifiedSince: sameSecond }, 'read'],
    [{ ifNoneMatch: '"abc"', ifModifiedSince: before }, 'If-None-Match'],
  ])('of a read: %o', (conditions, verdict) => {
    const judge = () => judgeRead(entity, { ...none, ...conditions });
    if (verdict === 'refused') expect(judge).toThrow(expect.objectContaining({ code: 'PreconditionFailed' }) as Error);
    else expect(judge() ?? 'read').toBe(verdict);
  });

  test.each([
    [{ ifNoneMatch: '*' }, undefined, undefined],
    [{ ifNoneMatch: '*' }, entity, 'PreconditionFailed'],
    [{ ifNoneMatch: '"abc"' }, undefined, 'NotImplemented'],
    [{ ifMatch: '"abc"' }, entity, undefined],
    [{ ifMatch: '"x"' }, entity, 'PreconditionFailed'],
    [{ ifMatch: '"abc"' }, undefined, 'NoSuchKey'],
  ])('of a write: %o over %o', (conditions, current, code) => {
    const judge = () => judgeWrite('key', current, { ...none, ...conditions });
    if (code === undefined) expect(judge).not.toThrow();
    else expect(judge).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('checksums', () => {
  // Catalogue of parametrised CRC algorithms: the check value of each is that of "123456789".
  test.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ] as const)('%s of "123456789"', async (algorithm, expected) => {
    const digest = newDigest(algorithm);
    for (const piece of ['1234', '', '56789']) digest.update(Buffer.from(piece));
    expect(Buffer.from(await digest.digest()).toString('hex')).toBe(expected);
  });

  test('of parts make the composite one that S3 makes', async () => {
    // Measured on S3: floci-io/floci #3083.
    const parts = [
      'lcKa6Boe7a167tUCN5C4OaFygGSYD8MBnBARTrdL+1w=',
      'gHjhbUT4oo2tSCtSZJdlKi+jeNXJT+VImqdPXsXvkOc=',
      '4l9PQ3zOPZ0oGFvknFX+J4zZwE4WMzO+l3r8XrbWOeM=',
    ];
    expect(await compositeChecksum('SHA256', parts)).toBe('rVWtNbadtsaKXJAcgWPWjifHzJaXde/iV4jaJAOdivc=-3');
  });

  test('of an upload are full or composite as their algorithm allows', () => {
    const usual = Object.fromEntries(checksumAlgorithms.map((each) => [each, checksumType(each, undefined)]));
    expect(usual).toEqual({
      CRC32: 'COMPOSITE',
      CRC32C: 'COMPOSITE',
      CRC64NVME: 'FULL_OBJECT',
      SHA1: 'COMPOSITE',
      SHA256: 'COMPOSITE',
    });
    expect(checksumType('CRC32', 'FULL_OBJECT')).toBe('FULL_OBJECT');
    expect(() => checksumType('SHA256', 'FULL_OBJECT')).toThrow(
      'The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.',
    );
    expect(() => checksumType('CRC64NVME', 'COMPOSITE')).toThrow('cannot be used with the crc64nvme');
  });
});

describe('XML', () => {
  test('is read back as the text that was written', () => {
    const point = fc.integer({ min: 0, max: 0x10ffff }).filter((each) => each < 0xd800 || each > 0xdfff);
    const characters = fc.array(point, { maxLength: 40 }).map((points) => String.fromCodePoint(...points));
    fc.assert(
      fc.property(characters, (value) => {
        expect(parseXml(xmlDocument('Root', xmlText('Key', value)), 'Root').textOf('Key')).toBe(value);
      }),
    );
  });

  test('is read as S3 clients write it: declarations, prefixes, attributes, comments, CDATA, references', () => {
    const xml = `<?xml version="1.0"?>\n<!-- c --><s3:Delete xmlns:s3="http://s3"><s3:Object a="1"><Key>a&amp;&#x62;<![CDATA[<c>]]></Key></s3:Object><Quiet/></s3:Delete>\n`;
    const root = parseXml(xml, 'Delete');
    expect(root.all('Object').map((each) => each.textOf('Key'))).toEqual(['a&b<c>']);
    expect(root.textOf('Quiet')).toBe('');
  });

  test.each([
    '',
    'text',
    '<A>',
    '<A></B>',
    '<A/><A/>',
    '<B/>',
    '<A>&unknown;</A>',
    '<A>a & b</A>',
    '<!DOCTYPE A [<!ENTITY e "x">]><A>&e;</A>',
    '<A>' + '<B>'.repeat(100) + '</B>'.repeat(100) + '</A>',
  ])('is refused when it is malformed: %s', (xml) => {
    expect(() => parseXml(xml, 'A')).toThrow(expect.objectContaining({ code: 'MalformedXML' }) as Error);
  });
});

test('names of buckets are held to the rules', () => {
  for (const name of ['abc', 'a.b-c', '123', 'a'.repeat(63)]) expect(bucketNameProblem(name)).toBeUndefined();
  const wrong = ['ab', 'a'.repeat(64), 'Abc', 'a_b', '-ab', 'ab-', 'a..b', '192.168.0.1', 'xn--abc', 'abc-s3alias'];
  for (const name of wrong) expect(bucketNameProblem(name), name).toEqual(expect.any(String));
});

test('tags in a header are read as in a query', () => {
  expect(readTagHeader('a=1&b%20c=x%3Dy&d')).toEqual([
    { Key: 'a', Value: '1' },
    { Key: 'b c', Value: 'x=y' },
    { Key: 'd', Value: '' },
  ]);
  expect(() => readTagHeader('a=1&a=2')).toThrow('Cannot provide multiple Tags with the same key');
  expect(() => readTagHeader('a=%')).toThrow(expect.objectContaining({ code: 'InvalidArgument' }) as Error);
});
