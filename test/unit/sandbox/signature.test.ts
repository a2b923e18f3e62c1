import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Head } from '../../../src/sandbox/http/canonicalRequest.js';
import { scopedService } from '../../../src/sandbox/http/claim.js';
import { chunkSignature, type Identity, SignatureVerifier } from '../../../src/sandbox/signature.js';

const caller = { arn: 'arn:aws:iam::123456789012:root', account: '123456789012', userId: '1', role: undefined };

function head(method: string, headers: Readonly<Record<string, string | readonly string[]>>): Head {
  return {
    method,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')])),
    headersDistinct: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
  };
}

function verifier(secretAccessKey: string, at: string): SignatureVerifier {
  const identity: Identity = { secretAccessKey, sessionToken: undefined, expires: undefined, caller };
  return new SignatureVerifier({ find: () => identity }, () => Date.parse(at));
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

describe("AWS's published signatures", () => {
  // The test suite that AWS publishes for signers (aws-sig-v4-test-suite).
  const suite = verifier('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', '2015-08-30T12:36:00Z');
  const vanilla = (path: string, query: string, signature: string, headers: object = {}, names = 'host;x-amz-date') => {
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${names}, Signature=${signature}`;
    const message = head('GET', {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization,
      ...headers,
    });
    return () => suite.verify({ message, path, query, body: new Uint8Array() }, 'service', 'json').caller;
  };

  test('of a plain request', () => {
    expect(vanilla('/', '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')()).toBe(caller);
  });

  test('of parameters, which are signed in order whatever their order on the wire', () => {
    const signature = 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500';
    expect(vanilla('/', 'Param2=value2&Param1=value1', signature)()).toBe(caller);
    expect(vanilla('/', 'Param1=value1&Param2=value2', signature)()).toBe(caller);
    expect(vanilla('/', 'Param1=value1&Param2=value3', signature)).toThrow('does not match');
  });

  // Amazon S3 API reference, "Authenticating requests: using the Authorization header".
  const s3 = verifier('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '2013-05-24T00:00:00Z');
  const credential = 'Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
  const empty = sha256('');

  test('of an S3 GET', () => {
    const message = head('GET', {
      host: 'examplebucket.s3.amazonaws.com',
      range: 'bytes=0-9',
      'x-amz-content-sha256': empty,
      'x-amz-date': '20130524T000000Z',
      authorization: `AWS4-HMAC-SHA256 ${credential},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41`,
    });
    const verified = s3.verify({ message, path: '/test.txt', query: '', body: undefined }, 's3', 's3');
    expect(verified.payload).toEqual({ kind: 'signed', sha256: empty });
  });

  test('of an S3 URL', () => {
    const query =
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
    const message = head('GET', { host: 'examplebucket.s3.amazonaws.com' });
    const request = { message, path: '/test.txt', query, body: undefined };
    expect(s3.verify(request, 's3', 's3').payload).toEqual({ kind: 'unsigned' });
    const late = verifier('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '2013-05-25T00:00:01Z');
    expect(() => late.verify(request, 's3', 's3')).toThrow('Request has expired');
    expect(scopedService(message as never, query)).toBe('s3');
  });

  test('of an S3 upload in chunks, where each signature signs the one before it', () => {
    const message = head('PUT', {
      host: 's3.amazonaws.com',
      'content-encoding': 'aws-chunked',
      'content-length': '66824',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-date': '20130524T000000Z',
      'x-amz-decoded-content-length': '66560',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      authorization: `AWS4-HMAC-SHA256 ${credential},SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9`,
    });
    const request = { message, path: '/examplebucket/chunkObject.txt', query: '', body: undefined };
    const { payload } = s3.verify(request, 's3', 's3');
    if (payload.kind !== 'chunked' || !payload.chunks) throw new Error('expected signed chunks');
    let previous = payload.chunks.seed;
    const signatures = [65_536, 1024, 0].map((size) => {
      if (!payload.chunks) throw new Error('expected signed chunks');
      return (previous = chunkSignature(payload.chunks, previous, sha256('a'.repeat(size))));
    });
    expect(signatures).toEqual([
      'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
      '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
      'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
    ]);
  });
});

describe('what is no signature', () => {
  const check = (headers: Readonly<Record<string, string>>, query = '', dialect: 'json' | 's3' = 'json') => {
    const message = head('GET', { host: 'h', 'x-amz-date': '20150830T123600Z', ...headers });
    return () =>
      verifier('secret', '2015-08-30T12:36:00Z').verify(
        { message, path: '/', query, body: dialect === 's3' ? undefined : new Uint8Array() },
        dialect === 's3' ? 's3' : 'sagemaker',
        dialect,
      );
  };
  const scope = '20150830/us-east-1/sagemaker/aws4_request';

  test.each([
    ['', 'Request is missing Authentication Token'],
    ['Bearer x', 'Request is missing Authentication Token'],
    [
      'AWS4-HMAC-SHA256',
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
    ],
    ['AWS4-ECDSA-P256-SHA256 Credential=a', "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'"],
    [`AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x`, "got 'a/b/c'"],
    [
      `AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/sagemaker/x, SignedHeaders=host, Signature=x`,
      "'aws4_request', not 'x'",
    ],
    [
      `AWS4-HMAC-SHA256 Credential=a/${scope}, SignedHeaders=x-amz-date, Signature=x`,
      "'Host' must be a 'SignedHeader'",
    ],
    [
      `AWS4-HMAC-SHA256 Credential=a/20150829/us-east-1/sagemaker/aws4_request, SignedHeaders=host, Signature=x`,
      "'20150829' != '20150830'",
    ],
    [
      `AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=x`,
      "correct service: 'sagemaker'",
    ],
    [
      `AWS4-HMAC-SHA256 Credential=a/${scope}, SignedHeaders=host, Signature=x`,
      'does not match the signature you provided',
    ],
  ])('%s', (authorization, message) => {
    expect(check(authorization === '' ? {} : { authorization })).toThrow(message);
  });

  test('a date in another form', () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=a/${scope}, SignedHeaders=host, Signature=x`;
    expect(check({ authorization, 'x-amz-date': '2015-08-30' })).toThrow("Date must be in ISO-8601 'basic format'");
  });

  test('a path that cannot have been signed', () => {
    const message = head('GET', {
      host: 'h',
      'x-amz-date': '20150830T123600Z',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      authorization: `AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=x`,
    });
    const s3 = verifier('secret', '2015-08-30T12:36:00Z');
    expect(() => s3.verify({ message, path: '/%zz', query: '', body: undefined }, 's3', 's3')).toThrow(
      'does not match',
    );
  });

  test('a header of S3 that was slipped in', () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=x`;
    expect(check({ authorization, 'x-amz-copy-source': '/b/k' }, '', 's3')).toThrow('which were not signed');
  });

  test('a URL of signature version 2', () => {
    expect(check({}, 'AWSAccessKeyId=a&Signature=b&Expires=1', 's3')).toThrow('Please use AWS4-HMAC-SHA256');
  });

  test.each([
    ['a', 'should be a number'],
    ['-1', 'must be non-negative'],
    ['604801', 'must be less than a week'],
  ])('a URL that is good for %s seconds', (expires, message) => {
    const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Expires=${expires}&X-Amz-Signature=x`;
    expect(check({}, query, 's3')).toThrow(message);
  });
});
