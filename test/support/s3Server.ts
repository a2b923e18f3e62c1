import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { Authorizer } from '../../src/sandbox/authorize.js';
import { Identities } from '../../src/sandbox/identity/identities.js';
import { createServer } from '../../src/sandbox/server.js';
import { S3 } from '../../src/sandbox/services/s3/service.js';
import { ObjectFiles } from '../../src/sandbox/store/objectFiles.js';
import { Store } from '../../src/sandbox/store/store.js';
import { sign, type Keys, type Unsigned } from './signedRequest.js';

export const account = '123456789012';

/** A sandbox of S3 alone, on a real port and in a data folder of its own. */
export class S3Server {
  readonly identities: Identities;
  readonly objects: ObjectFiles;
  /** Errors that are faults of ours: a test that provokes none expects none. */
  readonly faults: unknown[] = [];
  private readonly store: Store;
  private readonly server: Server;
  private readonly clients: S3Client[] = [];

  private constructor(
    readonly region: string,
    readonly dataDir: string,
  ) {
    const settings = { account, region, dataDir, python: undefined };
    this.store = new Store(path.join(dataDir, 'state.db'));
    this.identities = new Identities(settings, this.store);
    const access = new Authorizer(settings, this.identities);
    this.objects = new ObjectFiles(this.store, path.join(dataDir, 'objects'));
    this.server = createServer({
      credentials: this.identities,
      access,
      services: [],
      s3: new S3(this.objects, access, region),
      onFault: (error) => this.faults.push(error),
    });
  }

  static async start(region = 'us-east-1', dataDir = mkdtempSync(path.join(tmpdir(), 'sandbox-s3-'))) {
    const server = new S3Server(region, dataDir);
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The SDK with its own defaults, but without retries, which would hide errors. */
  client(config: S3ClientConfig = {}): S3Client {
    const { accessKeyId, secretAccessKey } = this.identities.rootKey;
    const client = new S3Client({
      endpoint: this.endpoint,
      region: this.region,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
      ...config,
    });
    this.clients.push(client);
    return client;
  }

  /** What no SDK would send. `path` begins with a slash. */
  async send(path: string, request: Omit<Unsigned, 'url' | 'service'>, keys: Keys = this.identities.rootKey) {
    const signed = sign(keys, { method: 'GET', ...request, url: this.endpoint + path, service: 's3' });
    const response = await fetch(...signed);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Files of bodies in the data folder. */
  files(): string[] {
    return readdirSync(path.join(this.dataDir, 'objects'));
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    this.store.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
