import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChunkSigning, PayloadSigning } from '../../../../src/sandbox/protocol/http.js';
import { AwsChunkedBody } from '../../../../src/sandbox/services/s3/awsChunked.js';
import { chunkSignature, trailerSignature } from '../../../../src/sandbox/signature.js';

type Chunked = Extract<PayloadSigning, { kind: 'chunked' }>;

const unsigned: Chunked = { kind: 'chunked', trailer: true, chunks: undefined };
const signing: ChunkSigning = {
  key: Buffer.from('a signing key'),
  scope: '20260102/us-east-1/s3/aws4_request',
  timestamp: '20260102T030405Z',
  seed: 'f'.repeat(64),
};
const signed: Chunked = { kind: 'chunked', trailer: true, chunks: signing };
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Frames chunks as a client does, signed when there is something to sign with. */
function frame(chunks: readonly Uint8Array[], trailers: Readonly<Record<string, string>>, chunkSigning?: ChunkSigning) {
  let signature = chunkSigning?.seed ?? '';
  const pieces: Uint8Array[] = [];
  for (const chunk of [...chunks.filter(({ length }) => length > 0), new Uint8Array(0)]) {
    if (chunkSigning) signature = chunkSignature(chunkSigning, signature, sha256(chunk));
    const extension = chunkSigning ? `;chunk-signature=${signature}` : '';
    pieces.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk);
    if (chunk.length > 0) pieces.push(Buffer.from('\r\n'));
  }
  const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`);
  if (chunkSigning && lines.length > 0) {
    const hash = sha256(lines.map((line) => `${line}\n`).join(''));
    lines.push(`x-amz-trailer-signature:${trailerSignature(chunkSigning, signature, hash)}`);
  }
  pieces.push(Buffer.from([...lines, '', ''].join('\r\n')));
  return Buffer.concat(pieces);
}

/** Cuts bytes at arbitrary places, as a network does. */
async function* cut(bytes: Uint8Array, places: readonly number[]) {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  for (const [index, start] of at.entries()) {
    const end = at[index + 1];
    if (end !== undefined) yield bytes.subarray(start, end);
  }
}

async function decode(framed: Uint8Array, kind: Chunked, places: readonly number[] = []) {
  const body = new AwsChunkedBody(cut(framed, places), kind);
  const pieces: Uint8Array[] = [];
  for await (const piece of body.read()) pieces.push(piece);
  return { bytes: Buffer.concat(pieces), trailers: Object.fromEntries(body.trailers) };
}

describe('an aws-chunked body', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
  const places = fc.array(fc.nat(2500), { maxLength: 40 });
  const trailers = { 'x-amz-checksum-crc32': 'AAAAAA==' };

  test.each([
    ['unsigned', unsigned, undefined],
    ['signed', signed, signing],
  ])('comes out as it was put in, %s, wherever the network cuts it', async (_name, kind, chunkSigning) => {
    await fc.assert(
      fc.asyncProperty(chunks, places, async (data, at) => {
        const decoded = await decode(frame(data, trailers, chunkSigning), kind, at);
        expect(decoded).toEqual({ bytes: Buffer.concat(data), trailers });
      }),
    );
  });

  test('is refused, wherever it ends too early', async () => {
    const framed = frame([Buffer.from('hello'), Buffer.from('world')], trailers);
    for (let length = 0; length < framed.length; length++) {
      await expect(decode(framed.subarray(0, length), unsigned)).rejects.toMatchObject({ code: 'IncompleteBody' });
    }
  });

  test('is refused when any byte of its signed content or trailer was changed', async () => {
    const framed = frame([Buffer.from('hello'), Buffer.from('world')], trailers, signing);
    await fc.assert(
      fc.asyncProperty(fc.nat(framed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const forged = Buffer.from(framed);
        forged[at]! ^= change;
        // The case of a size's hex digits and of a header's name means nothing.
        fc.pre(forged.toString('latin1').toLowerCase() !== framed.toString('latin1').toLowerCase());
        await expect(decode(forged, signed)).rejects.toMatchObject({
          code: expect.stringMatching(/^(SignatureDoesNotMatch|IncompleteBody|MalformedTrailerError)$/) as string,
        });
      }),
    );
  });

  test('is refused when a chunk was left out or two were swapped', async () => {
    const [a, b] = [Buffer.from('aaaa'), Buffer.from('bbbb')];
    const whole = frame([a, b], {}, signing).toString('latin1');
    const first = whole.slice(0, whole.indexOf('4;', 2));
    const second = whole.slice(first.length, whole.indexOf('0;chunk'));
    for (const forged of [whole.replace(second, ''), whole.replace(first + second, second + first)]) {
      const refused = decode(Buffer.from(forged, 'latin1'), { ...signed, trailer: false });
      await expect(refused).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    }
  });

  test('is refused when something follows its end, or a trailer that was not announced', async () => {
    const framed = frame([Buffer.from('x')], {});
    const longer = decode(Buffer.concat([framed, Buffer.from('y')]), unsigned);
    await expect(longer).rejects.toMatchObject({ code: 'IncompleteBody' });
    const withTrailer = decode(frame([], trailers), { ...unsigned, trailer: false });
    await expect(withTrailer).rejects.toMatchObject({ code: 'MalformedTrailerError' });
  });

  test('does not gather a line without an end in memory', async () => {
    async function* endless() {
      for (;;) yield Buffer.alloc(1024, '1');
    }
    const body = new AwsChunkedBody(endless(), unsigned);
    await expect(body.read().next()).rejects.toMatchObject({ code: 'IncompleteBody' });
  });
});
