import { createHmac, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../../core/clock.js';
import { refusedOrigin } from '../../http/origin.js';
import type { PlainHandler } from '../../protocol/http.js';
import { sameText } from '../../signature.js';
import type { DeploymentPackages } from './packages.js';

/** No bucket's name begins with a hyphen: nothing that a client of S3 sends comes here. */
const prefix = '/-/lambda/packages/';

/** Milliseconds: "The presigned URL […] is valid for 10 minutes" (GetFunction, API reference). */
const lifetime = 10 * 60_000;

/** Whoever has a link may fetch the package: as with the links into Lambda's own bucket, which a sandbox does not have. */
export class PackageLinks implements PlainHandler {
  private readonly key = randomBytes(32);

  constructor(
    private readonly packages: DeploymentPackages,
    private readonly endpoint: () => string,
    private readonly clock: Clock,
  ) {}

  of(sha256: string): string {
    const name = Buffer.from(sha256, 'base64').toString('hex');
    const expires = String(this.clock.now() + lifetime);
    const query = new URLSearchParams({ expires, signature: this.sign(name, expires) });
    return `${this.endpoint()}${prefix}${name}?${query.toString()}`;
  }

  handles(path: string): boolean {
    return path.startsWith(prefix);
  }

  answer(request: IncomingMessage, response: ServerResponse, path: string, query: string): void {
    const name = path.slice(prefix.length);
    const parameters = new URLSearchParams(query);
    const expires = parameters.get('expires') ?? '';
    const given = parameters.get('signature') ?? '';
    const refused = refusedOrigin(request);
    if (refused !== undefined) return refuse(response, 403, refused);
    if (request.method !== 'GET') return refuse(response, 405, 'A link to a deployment package can only be fetched.');
    if (!sameText(given, this.sign(name, expires)))
      return refuse(response, 403, 'The link is not one of this sandbox.');
    if (Number(expires) < this.clock.now()) return refuse(response, 403, 'The link has expired.');
    void this.send(response, Buffer.from(name, 'hex').toString('base64'));
  }

  private async send(response: ServerResponse, sha256: string): Promise<void> {
    const file = this.packages.pathOf(sha256);
    const size = await stat(file).then(
      (about) => about.size,
      () => undefined,
    );
    if (size === undefined) return refuse(response, 404, 'The deployment package is gone.');
    response.writeHead(200, { 'content-type': 'application/zip', 'content-length': size });
    // Who hangs up, or a file that is gone now, breaks the connection: that tells the client.
    await pipeline(createReadStream(file), response).catch(() => response.destroy());
  }

  private sign(name: string, expires: string): string {
    return createHmac('sha256', this.key).update(`${name} ${expires}`).digest('hex');
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(message);
}
