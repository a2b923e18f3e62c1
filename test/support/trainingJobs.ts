import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { type Files, unpackTarGz } from './archives.js';
import { startTraining } from './jobs.js';
import type { SandboxProcess } from './sandboxProcess.js';

const logGroupName = '/aws/sagemaker/TrainingJobs';

/** Training jobs of a sandbox as its clients see them. */
export class TrainingJobs {
  readonly s3: S3Client;
  private readonly sagemaker: SageMakerClient;
  private readonly cloudWatchLogs: CloudWatchLogsClient;

  constructor(readonly sandbox: SandboxProcess) {
    this.s3 = new S3Client(sandbox.clientConfig);
    this.sagemaker = new SageMakerClient(sandbox.clientConfig);
    this.cloudWatchLogs = new CloudWatchLogsClient(sandbox.clientConfig);
  }

  /** Starts `train.py` of `files` on several hosts. @returns the job's name */
  async start(count: number, files: Files, more: Partial<CreateTrainingJobCommandInput> = {}): Promise<string> {
    const ResourceConfig = { InstanceType: 'ml.m5.large', InstanceCount: count, VolumeSizeInGB: 1 } as const;
    return (await startTraining(this.sandbox, files, { ResourceConfig, ...more })).job;
  }

  /** Starts a job and waits for its end. */
  async run(...job: Parameters<TrainingJobs['start']>): Promise<DescribeTrainingJobCommandOutput> {
    return this.ended(await this.start(...job));
  }

  describe(TrainingJobName: string): Promise<DescribeTrainingJobCommandOutput> {
    return this.sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));
  }

  async ended(name: string): Promise<DescribeTrainingJobCommandOutput> {
    for (;;) {
      const job = await this.describe(name);
      if (job.TrainingEndTime) return job;
      await delay(100);
    }
  }

  /** Lines by stream, which is `algo-1-1764336000` here: without the job's name. */
  async streams(job: string): Promise<Record<string, string[]>> {
    const logStreams = await this.cloudWatchLogs
      .send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: `${job}/` }))
      .then(
        ({ logStreams: found = [] }) => found,
        (error: Error) => {
          if (error.name === 'ResourceNotFoundException') return []; // There is no group before the first line.
          throw error;
        },
      );
    const named = logStreams.map(async ({ logStreamName = '' }) => {
      const request = new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true });
      const { events = [] } = await this.cloudWatchLogs.send(request);
      return [logStreamName.slice(job.length + 1), events.map(({ message }) => message!)] as const;
    });
    return Object.fromEntries(await Promise.all(named));
  }

  /** Lines by host, over all of its streams. */
  async logs(job: string): Promise<Record<string, string[]>> {
    const hosts: Record<string, string[]> = {};
    for (const [stream, lines] of Object.entries(await this.streams(job))) {
      (hosts[stream.replace(/-\d+$/, '')] ??= []).push(...lines);
    }
    return hosts;
  }

  /** Resolves when `count` lines of the job's log contain `text`. */
  async logged(job: string, text: string, count = 1): Promise<void> {
    for (;;) {
      const lines = Object.values(await this.streams(job)).flat();
      if (lines.filter((line) => line.includes(text)).length >= count) return;
      const { TrainingJobStatus, FailureReason } = await this.describe(job);
      if (TrainingJobStatus !== 'InProgress')
        throw new Error(`${TrainingJobStatus}: ${FailureReason}\n${lines.join('\n')}`);
      await delay(100);
    }
  }

  /** The files of an archive on S3, by default of a job's model. */
  async archive(job: string, name = 'model'): Promise<Record<string, string>> {
    const request = new GetObjectCommand({ Bucket: 'jobs', Key: `out/${job}/output/${name}.tar.gz` });
    const { Body } = await this.s3.send(request);
    return unpackTarGz(Buffer.from(await Body!.transformToByteArray()));
  }

  /** @param what `interrupt?job=…` and the like (docs/SANDBOX.md). */
  async control(what: string): Promise<{ status: number; answer: unknown }> {
    const { dataDir, endpoint } = this.sandbox.ready;
    const token = readFileSync(path.join(dataDir, 'control-token'), 'utf8');
    const response = await fetch(`${endpoint}/-/sandbox/${what}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: response.status, answer: await response.json() };
  }
}
