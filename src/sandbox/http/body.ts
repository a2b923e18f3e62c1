import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ServiceError } from '../protocol/service.js';

const unzip = promisify(gunzip);

/** The client hung up while it was sending: there is nobody to answer. */
export class HungUp extends Error {}

/** @throws {ServiceError} 413 as soon as the body turns out longer than `limit` bytes. */
export function readBody(message: IncomingMessage, limit: number): Promise<Buffer> {
  checkDeclaredLength(message, limit);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        // What still comes is read and dropped: closing now would make the client lose the answer.
        chunks.length = 0;
        message.removeAllListeners('data').resume();
        reject(tooLong(limit));
      }
    });
    message.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    message.once('close', () => {
      if (!message.complete) reject(new HungUp());
    });
    message.once('error', () => reject(new HungUp()));
  });
}

/** @throws {ServiceError} 413. */
export function checkDeclaredLength(message: IncomingMessage, limit: number): void {
  if (Number(message.headers['content-length'] ?? 0) > limit) throw tooLong(limit);
}

/**
 * PutMetricData comes compressed from newer clients, from 10 KB on (botocore's `requestcompression`).
 *
 * @throws {ServiceError} when the body is no gzip, or grows beyond `limit` bytes.
 */
export async function decompress(message: IncomingMessage, body: Buffer, limit: number): Promise<Buffer> {
  const encoding = message.headers['content-encoding'];
  if (encoding !== 'gzip') return body;
  try {
    return await unzip(body, { maxOutputLength: limit });
  } catch (error) {
    if (error instanceof RangeError) throw tooLong(limit);
    throw new ServiceError('SerializationException', 'The body is no gzip, though Content-Encoding says so.');
  }
}

/** The front end's answer, which has no error type but the status (aws/sagemaker-python-sdk #171). */
function tooLong(limit: number): ServiceError {
  return new ServiceError('413', `HTTP content length exceeded ${limit} bytes.`, 413);
}
