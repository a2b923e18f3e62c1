import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CloudWatchLogsClient, GetLogEventsCommand, DescribeLogStreamsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  ListModelsCommand,
  SageMakerClient,
  waitUntilEndpointInService,
  waitUntilTrainingJobCompletedOrStopped,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { tarGz } from '../support/archives.js';
import { inferenceImage, trainingImage } from '../support/images.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { cockpit } from './cockpit.js';
import { figure, median } from './figures.js';
import { functions } from './functions.js';
import { manyJobs } from './manyJobs.js';
import { RawClient, sign } from './rawClient.js';
import { tuning } from './tuning.js';
import { activation, clickToBars, firstPaint, loading, sizes } from './window.js';

const bucket = 'bench';

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      seeds: { type: 'string', default: '3' },
      'tuner-python': { type: 'string' },
      only: { type: 'string' },
    },
  });
  const tuner = options['tuner-python'];
  if (options.only === undefined) await basics();
  if (options.only === 'functions') return functionsAlone();
  const sandbox = await SandboxProcess.start({ args: tuner === undefined ? [] : ['--tuner-python', tuner] });
  try {
    await tuning(sandbox, Number(options.seeds));
  } finally {
    await sandbox.stop();
  }
}

async function functionsAlone(): Promise<void> {
  const sandbox = await SandboxProcess.start();
  try {
    await functions(sandbox);
  } finally {
    await sandbox.stop();
  }
}

async function basics(): Promise<void> {
  cockpit();
  await readiness();
  const sandbox = await SandboxProcess.start();
  try {
    await callsPerSecond(sandbox);
    const s3 = new S3Client(sandbox.clientConfig);
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await submitToFirstLine(sandbox, s3);
    await invokeOverhead(sandbox, s3);
    await functions(sandbox);
    // Where a VS Code can be run; the last job above is the first in the tree.
    if (process.env['WORKBENCH_CODE_SERVER']) {
      await firstPaint(sandbox, 'bench-6');
      await clickToBars(sandbox, 'bench');
    }
  } finally {
    await sandbox.stop();
  }
  await manyJobs();
  sizes();
  loading();
  if (process.env['WORKBENCH_CODE_SERVER']) await activation();
}

async function readiness(): Promise<void> {
  const milliseconds: number[] = [];
  let idle = 0;
  for (let round = 0; round < 7; round++) {
    const started = performance.now();
    const sandbox = await SandboxProcess.start();
    milliseconds.push(performance.now() - started);
    idle = residentMiB(sandbox.process.pid);
    await sandbox.stop();
  }
  const node = Array.from({ length: 7 }, () => {
    const started = performance.now();
    spawnSync(process.execPath, ['-e', '0']);
    return performance.now() - started;
  });
  figure('sandbox ready, ms from the spawn', median(milliseconds), 'bare node -e 0', median(node));
  figure('sandbox idle, MiB resident', idle, 'budget', 100);
}

/** The same signed ListModels, eight at a time, against our server and moto's. */
async function callsPerSecond(sandbox: SandboxProcess): Promise<void> {
  const measure = async (config: SandboxProcess['clientConfig']) => {
    const request = await sign(new SageMakerClient(config), new ListModelsCommand({}));
    const client = new RawClient();
    await client.send(request);
    const until = performance.now() + 4000;
    let calls = 0;
    const started = performance.now();
    const worker = async () => {
      while (performance.now() < until) {
        await client.send(request);
        calls++;
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    client.close();
    return calls / ((performance.now() - started) / 1000);
  };
  const ours = await measure(sandbox.clientConfig);
  const program = process.env['WORKBENCH_MOTO'];
  if (!program) return figure('signed JSON calls/s', ours);
  const port = await freePort();
  const moto = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  try {
    const config = { ...sandbox.clientConfig, endpoint: `http://127.0.0.1:${port}` };
    await answers(config.endpoint);
    figure('signed JSON calls/s', ours, 'moto', await measure(config));
  } finally {
    moto.kill();
  }
}

/** From CreateTrainingJob's sending to the first statement of the script; beside it `python3 script.py`. */
async function submitToFirstLine(sandbox: SandboxProcess, s3: S3Client): Promise<void> {
  const script = 'import time\nprint("first", time.time(), flush=True)\n';
  const key = 'source/sourcedir.tar.gz';
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: await tarGz({ 'train.py': script }) }));
  const client = new SageMakerClient(sandbox.clientConfig);
  const logs = new CloudWatchLogsClient(sandbox.clientConfig);
  const job = async (round: number) => {
    const TrainingJobName = `bench-${round}`;
    const submitted = Date.now();
    await client.send(
      new CreateTrainingJobCommand({
        TrainingJobName,
        RoleArn: sandbox.ready.executionRoleArn,
        AlgorithmSpecification: {
          TrainingImage: trainingImage,
          TrainingInputMode: 'File',
        },
        HyperParameters: { sagemaker_program: 'train.py', sagemaker_submit_directory: `s3://${bucket}/${key}` },
        OutputDataConfig: { S3OutputPath: `s3://${bucket}/out` },
        ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
        StoppingCondition: { MaxRuntimeInSeconds: 60 },
      }),
    );
    await waitUntilTrainingJobCompletedOrStopped({ client, maxWaitTime: 60, minDelay: 1 }, { TrainingJobName });
    const logGroupName = '/aws/sagemaker/TrainingJobs';
    const { logStreams } = await logs.send(
      new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: `${TrainingJobName}/` }),
    );
    const logStreamName = logStreams?.[0]?.logStreamName ?? '';
    const { events } = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true }));
    return firstLine(events?.map(({ message }) => message).join('\n') ?? '') - submitted;
  };
  const jobs: number[] = [];
  for (let round = 0; round < 7; round++) jobs.push(await job(round));

  const file = path.join(mkdtempSync(path.join(tmpdir(), 'bench-')), 'train.py');
  writeFileSync(file, script);
  const bare = Array.from({ length: 7 }, () => {
    const started = Date.now();
    return firstLine(spawnSync('/usr/bin/python3', [file], { encoding: 'utf8' }).stdout) - started;
  });
  figure("submit to the script's first line, ms", median(jobs), 'bare python3', median(bare));
}

/** InvokeEndpoint with 1 KB in and out over a handler that does nothing. */
async function invokeOverhead(sandbox: SandboxProcess, s3: S3Client): Promise<void> {
  const handler = `
def model_fn(model_dir): return None
def transform_fn(model, body, content_type, accept): return body, content_type
`;
  const key = 'model/model.tar.gz';
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: await tarGz({ 'code/inference.py': handler }) }),
  );
  const client = new SageMakerClient(sandbox.clientConfig);
  const name = 'bench';
  await client.send(
    new CreateModelCommand({
      ModelName: name,
      ExecutionRoleArn: sandbox.ready.executionRoleArn,
      PrimaryContainer: {
        Image: inferenceImage,
        ModelDataUrl: `s3://${bucket}/${key}`,
        Environment: { SAGEMAKER_MODEL_SERVER_WORKERS: '1' },
      },
    }),
  );
  const variant = {
    VariantName: 'AllTraffic',
    ModelName: name,
    InstanceType: 'ml.m5.large',
    InitialInstanceCount: 1,
  } as const;
  await client.send(new CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants: [variant] }));
  await client.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  await waitUntilEndpointInService({ client, maxWaitTime: 60, minDelay: 1 }, { EndpointName: name });
  const command = new InvokeEndpointCommand({
    EndpointName: name,
    ContentType: 'application/octet-stream',
    Body: new Uint8Array(1024),
  });
  const request = await sign(new SageMakerRuntimeClient(sandbox.clientConfig), command);
  const raw = new RawClient();
  // Until both sides run compiled code.
  for (let warm = 0; warm < 500; warm++) await raw.send(request);
  const times: number[] = [];
  for (let call = 0; call < 1000; call++) times.push(await raw.send(request));
  raw.close();
  times.sort((a, b) => a - b);
  figure('InvokeEndpoint over an empty handler, ms p50', median(times), 'budget', 2);
  figure('InvokeEndpoint over an empty handler, ms p99', times[Math.floor(times.length * 0.99)] ?? NaN);
}

function firstLine(text: string): number {
  return Number(/^first ([0-9.]+)/m.exec(text)?.[1]) * 1000;
}

function residentMiB(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(endpoint: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answered = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`Nothing answers at ${endpoint}.`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
