import http from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { SandboxProcess } from './sandboxProcess.js';
import { sign } from './signedRequest.js';

/** An error as a service answers it. */
export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** A sandbox behind a bad day: what it is told to refuse is refused, everything else is passed on. JSON and query calls only. */
export class FaultyCloud {
  /** By operation: `ListTrainingJobs`; `*` for every one of SageMaker's. */
  readonly faults = new Map<string, Fault>();

  private constructor(
    private readonly server: http.Server,
    readonly endpoint: string,
  ) {}

  static async before(sandbox: SandboxProcess): Promise<FaultyCloud> {
    const server = http.createServer((request, response) => void answer(request, response));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as { port: number };
    const cloud = new FaultyCloud(server, `http://127.0.0.1:${port}`);
    const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
      const body = await buffer(request);
      const target = request.headers['x-amz-target'];
      const operation = typeof target === 'string' ? target.split('.').at(-1)! : '';
      const fault = cloud.faults.get(operation) ?? (operation === '' ? undefined : cloud.faults.get('*'));
      if (fault) {
        response.writeHead(fault.status, {
          'content-type': 'application/x-amz-json-1.1',
          'x-amzn-requestid': 'faulty',
        });
        response.end(JSON.stringify({ __type: fault.code, message: fault.message }));
        return;
      }
      // The signature holds the host's name, so it is made anew.
      const [, region = '', service = ''] =
        /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
      const kept = ['content-type', 'x-amz-target'].flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value] as const] : [];
      });
      const url = `${sandbox.ready.endpoint}${request.url}`;
      const unsigned = { url, service, region, method: request.method!, headers: Object.fromEntries(kept), body };
      const passed = await fetch(...sign(sandbox.clientConfig.credentials, unsigned));
      response.writeHead(passed.status, { 'content-type': passed.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await passed.arrayBuffer()));
    };
    return cloud;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
