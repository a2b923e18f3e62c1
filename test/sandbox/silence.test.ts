import { once } from 'node:events';
import dns from 'node:dns';
import net from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Cloud, connect } from '../../src/aws/cloud.js';
import { explain } from '../../src/aws/errors.js';
import { UserError } from '../../src/core/errors.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

const never = new AbortController().signal;
const impatient = { connection: 1000, answer: 300, invocation: 300, silence: 300 };
let sandbox: SandboxProcess;
const clouds: Cloud[] = [];
beforeAll(async () => {
  sandbox = await SandboxProcess.start();
});
afterEach(() => {
  clouds.splice(0).forEach((cloud) => cloud.close());
  // A stopped process takes connections, and never answers.
  sandbox.process.kill('SIGCONT');
  vi.restoreAllMocks();
});
afterAll(() => sandbox.stop());

async function connected(limits = impatient, endpoint = sandbox.ready.endpoint): Promise<Cloud> {
  const { region, profile, configFile, credentialsFile } = sandbox.ready;
  const cloud = await connect({ endpoint, region, profile, configFile, credentialsFile }, explain, limits);
  clouds.push(cloud);
  return cloud;
}

test('connecting to what never answers ends, and says so', async () => {
  sandbox.process.kill('SIGSTOP');
  const connecting = connected();
  await expect(connecting).rejects.toThrow(UserError);
  await expect(connecting).rejects.toThrow(/^STS cannot be reached: no answer has come in time\. Check the network/);
});

test('an answer whose head never ends is none, though it never falls silent', async () => {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.write('HTTP/1.1 200 OK\r\n');
    const dripping = setInterval(() => socket.write('x: y\r\n'), 50);
    socket.on('close', () => clearInterval(dripping)).on('error', () => socket.destroy());
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const connecting = connected(impatient, `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
    await expect(connecting).rejects.toThrow(/^STS cannot be reached: no answer has come in time/);
  } finally {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
});

test.each<[string, (cloud: Cloud) => Promise<unknown>]>([
  ['SageMaker', ({ trainingJobs }) => trainingJobs.list({}, never)],
  [
    'SageMakerRuntime',
    ({ runtime }) =>
      runtime.invoke({ endpoint: 'e', body: new Uint8Array(1), contentType: 'a/b', accept: '*/*' }, never),
  ],
  ['S3', ({ objects }) => objects.exists({ bucket: 'b', key: 'k' }, never)],
  ['CloudWatchLogs', ({ logs }) => logs.streams('/g', 'p', never)],
  ['IAM', ({ roles }) => roles.get('r', never)],
])('a call of %s that is never answered ends, and says so', async (service, call) => {
  const cloud = await connected({ ...impatient, connection: 5000, answer: 1000 });
  sandbox.process.kill('SIGSTOP');
  const calling = call(cloud);
  await expect(calling).rejects.toThrow(UserError);
  await expect(calling).rejects.toThrow(new RegExp(`^${service} cannot be reached: no answer has come in time`));
});

test('an upload goes on for as long as data flows, however long that is', async () => {
  const client = new S3Client({ ...sandbox.clientConfig, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'slow' }));
  client.destroy();
  // A slow network: another address of this machine under the same port, since the sandbox answers to its own names alone.
  const port = Number(new URL(sandbox.ready.endpoint).port);
  const relay = net.createServer((socket) => {
    const onward = net.connect(port, '127.0.0.1');
    onward.pipe(socket);
    socket.on('data', (chunk: Buffer) => {
      socket.pause();
      onward.write(chunk);
      setTimeout(() => socket.resume(), 5);
    });
    socket.on('close', () => onward.destroy()).on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  relay.listen(port, '127.0.0.2');
  await once(relay, 'listening');
  const lookup = (_host: string, _options: object, found: (error: null, addresses: object[]) => void) =>
    found(null, [{ address: '127.0.0.2', family: 4 }]);
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
  try {
    const cloud = await connected(
      { connection: 5000, answer: 2000, invocation: 2000, silence: 2000 },
      `http://localhost:${port}`,
    );
    const body = new Uint8Array(48 * 1024 * 1024);
    await cloud.objects.write({ bucket: 'slow', key: 'large' }, body, never);
    expect(await cloud.objects.exists({ bucket: 'slow', key: 'large' }, never)).toBe(true);
  } finally {
    relay.close();
  }
});
