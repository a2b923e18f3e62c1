import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { S3Handler, VerifiedRequest } from '../../protocol/http.js';
import type { ObjectFiles } from '../../store/objectFiles.js';
import type { Access } from '../ports.js';
import { bucketOperations } from './buckets.js';
import { copyOperations } from './copying.js';
import { deleteOperations } from './deleting.js';
import { Refusal, s3Error } from './errors.js';
import { listOperations } from './lists.js';
import { multipartOperations } from './multipart.js';
import type { Answer, S3Operations } from './operation.js';
import { readOperations } from './reading.js';
import { S3Request } from './request.js';
import { operationName } from './routes.js';
import { taggingOperations } from './tagging.js';
import { writeOperations } from './writing.js';

/** Bytes that are read from a file and sent at a time. */
const sendSize = 1024 * 1024;

/** Amazon S3 over HTTP: path-style and virtual-hosted requests, the API's operations on one account's buckets. */
export class S3 implements S3Handler {
  private readonly operations: S3Operations;

  constructor(
    private readonly objects: ObjectFiles,
    private readonly access: Access,
    region: string,
  ) {
    this.operations = {
      ...bucketOperations(objects, region),
      ...listOperations(objects),
      ...readOperations(objects),
      ...writeOperations(objects),
      ...copyOperations(objects),
      ...deleteOperations(objects),
      ...taggingOperations(objects),
      ...multipartOperations(objects),
    };
  }

  async handle(http: VerifiedRequest, response: ServerResponse): Promise<void> {
    try {
      const request = new S3Request(http, this.access);
      const answer = await this.answer(request);
      await send(response, request.method, answer);
    } catch (error) {
      // What is left of the body is read away, else the next request on this connection would wait behind it for ever.
      http.message.resume();
      // Nobody is there to hear of it any more.
      if (http.signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
      throw error.error;
    }
  }

  /** Checks in S3's order: whether there is such a bucket is no secret, all else is only told to who may ask. */
  private async answer(request: S3Request): Promise<Answer> {
    const name = operationName(request);
    const operation = Object.hasOwn(this.operations, name) ? this.operations[name] : undefined;
    if (!operation) throw s3Error('NotImplemented', {}, `The sandbox does not implement ${name} of s3.`);
    if (request.bucket !== '' && name !== 'CreateBucket') {
      this.objects.bucket(request.bucket);
      request.requireOwner('x-amz-expected-bucket-owner');
    }
    const { action, context } = operation;
    const asked = typeof action === 'function' ? action(request) : action;
    if (asked !== undefined) request.require(asked, request.bucket, request.key, context?.(request));
    return operation.run(request);
  }
}

async function send(response: ServerResponse, method: string, answer: Answer): Promise<void> {
  const { status = 200, headers = {}, body = '' } = answer;
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
  if (typeof body === 'string') {
    // HEAD tells the length of what GET would send, and 204 and 304 have none to tell.
    if (method !== 'HEAD' && status !== 204 && status !== 304) {
      response.setHeader('content-length', Buffer.byteLength(body));
    }
    response.writeHead(status).end(body);
    return;
  }
  const { handle, start, length } = body;
  response.setHeader('content-length', length);
  response.writeHead(status);
  if (length <= sendSize) {
    try {
      const buffer = Buffer.allocUnsafe(length);
      for (let read = 0; read < length;) {
        const { bytesRead } = await handle.read(buffer, read, length - read, start + read);
        if (bytesRead === 0) throw new Error('The file of an object is shorter than the object.');
        read += bytesRead;
      }
      response.end(buffer);
    } finally {
      await handle.close();
    }
    return;
  }
  const file = handle.createReadStream({ start, end: start + length - 1, highWaterMark: sendSize });
  await pipeline(file, response);
}
