import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Clock as Timer } from '../../src/core/clock.js';
import { Authorizer } from '../../src/sandbox/authorize.js';
import { type Clock, realTime } from '../../src/sandbox/clock.js';
import type { EndpointSpec, HostingEngine } from '../../src/sandbox/engines/hosting.js';
import type {
  FunctionAnswer,
  FunctionEngine,
  FunctionInvocation,
  FunctionSpec,
  Provisioned,
} from '../../src/sandbox/engines/functions.js';
import type { TrainingEngine, TrainingObserver, TrainingSpec } from '../../src/sandbox/engines/training.js';
import type { Interpreters } from '../../src/core/interpreter.js';
import { OptunaSearches } from '../../src/sandbox/engines/tuning/tuningEngine.js';
import type { TuningEngine } from '../../src/sandbox/engines/tuning.js';
import { Identities } from '../../src/sandbox/identity/identities.js';
import { createServer } from '../../src/sandbox/server.js';
import { type CloudWatch, createCloudWatch } from '../../src/sandbox/services/cloudwatch/service.js';
import { createLambda, type Lambda } from '../../src/sandbox/services/lambda/service.js';
import { createLogs, type LogsService } from '../../src/sandbox/services/logs/service.js';
import { createSageMaker, type SageMaker } from '../../src/sandbox/services/sagemaker/service.js';
import { ObjectFiles } from '../../src/sandbox/store/objectFiles.js';
import { Store } from '../../src/sandbox/store/store.js';
import { interpreters } from './interpreters.js';

const account = '123456789012';
const region = 'us-east-1';

export interface ControlPlaneOptions {
  readonly clock?: Clock;
  readonly concurrentJobs?: number;
  /** The real engine, or none: the test says itself what happens to a job. */
  readonly training?: (parts: ControlPlane) => TrainingEngine;
  /** Time of functions and their events. */
  readonly functionClock?: Timer;
  /** Instead of Optuna on this machine's Python. */
  readonly tuning?: TuningEngine;
  /** A data folder that another one has left behind. */
  readonly folder?: string;
}

/** Logs, CloudWatch, SageMaker and Lambda behind the real server, store, S3 files and identities. */
export class ControlPlane {
  readonly settings;
  readonly store: Store;
  /** Errors that are faults of ours: a test that provokes none expects none. */
  readonly faults: unknown[] = [];
  readonly objects: ObjectFiles;
  readonly identities: Identities;
  readonly logs: LogsService;
  readonly cloudwatch: CloudWatch;
  readonly interpreters = interpreters(undefined);
  readonly jobs = new ScriptedTraining();
  readonly hosting = new ScriptedHosting();
  readonly sagemaker: SageMaker;
  readonly functions = new ScriptedFunctions();
  readonly lambda: Lambda;
  private readonly server: Server;

  private constructor(
    readonly folder: string,
    { clock = realTime, concurrentJobs, training, tuning, functionClock }: ControlPlaneOptions,
  ) {
    this.settings = { account, region, dataDir: folder, python: undefined };
    this.store = new Store(path.join(folder, 'state.db'));
    this.objects = new ObjectFiles(this.store, path.join(folder, 'objects'));
    this.identities = new Identities(this.settings, this.store);
    this.logs = createLogs(this.store, this.settings);
    this.cloudwatch = createCloudWatch(this.store, clock);
    const access = new Authorizer(this.settings, this.identities);
    this.sagemaker = createSageMaker({
      ...{ store: this.store, settings: this.settings, clock, objects: this.objects, access, logs: this.logs },
      roleKeys: this.identities,
      training: training?.(this) ?? this.jobs,
      tuning: tuning ?? searches(this.interpreters),
      hosting: this.hosting,
      ...(concurrentJobs !== undefined && { concurrentJobs }),
    });
    this.lambda = createLambda({
      ...{ store: this.store, settings: this.settings, objects: this.objects, access, roleKeys: this.identities },
      ...{ engine: this.functions, packages: path.join(folder, 'function-packages'), concurrency: 1000 },
      endpoint: () => this.endpoint,
      onFault: (error) => this.faults.push(error),
      ...(functionClock && { clock: functionClock }),
    });
    this.server = createServer({
      ...{ credentials: this.identities, access },
      services: [this.logs.service, this.cloudwatch.service, this.sagemaker.service, this.lambda.service],
      plain: [this.lambda.links],
      onFault: (error) => this.faults.push(error),
      s3: { handle: () => Promise.reject(new Error('No S3 in this test.')) },
    });
  }

  static async start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'control-plane-')));
    const plane = new ControlPlane(folder, options);
    await new Promise<void>((resolve) => plane.server.listen(0, '127.0.0.1', resolve));
    plane.sagemaker.start();
    plane.lambda.start();
    return plane;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get roleArn(): string {
    return this.identities.executionRoleArn;
  }

  client<T>(
    Client: new (options: ClientOptions) => T,
    credentials: ClientOptions['credentials'] = this.identities.rootKey,
  ) {
    return new Client({ endpoint: this.endpoint, region, credentials, maxAttempts: 1 });
  }

  clients() {
    return {
      logs: this.client(CloudWatchLogsClient),
      cloudwatch: this.client(CloudWatchClient),
      sagemaker: this.client(SageMakerClient),
      lambda: this.client(LambdaClient),
    };
  }

  /** Keys of a role of its own, which SageMaker may assume, and its ARN. */
  role(name: string, statements: readonly object[], service = 'sagemaker.amazonaws.com') {
    const principal = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } };
    const role = this.identities.roles.put({
      ...{ name, path: '/', id: `AROA${name.toUpperCase()}`, created: new Date(), description: undefined },
      ...{ maxSessionDuration: 3600, attached: [], boundary: undefined, tags: [] },
      trustPolicy: JSON.stringify({ Version: '2012-10-17', Statement: [principal] }),
      inline: { it: JSON.stringify({ Version: '2012-10-17', Statement: statements }) },
    });
    const keys = this.identities.issue(role, 'test', new Date(Date.now() + 3_600_000));
    return { arn: this.identities.roles.arn(role), keys };
  }

  async put(bucket: string, key: string, body: string | Uint8Array = 'content'): Promise<void> {
    if (!this.objects.bucketExists(bucket)) {
      this.objects.buckets.put(bucket, { name: bucket, created: new Date(), versioning: undefined, tags: [] });
    }
    await this.objects.put(bucket, key, Buffer.from(body));
  }

  /** As a process that is killed: nothing is told to anybody, the folder stays. */
  async abandon(): Promise<void> {
    await this.lambda.close(); // Of which nothing is told either.
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    this.logs.flush();
    this.cloudwatch.flush();
    this.store.close();
  }

  async stop(): Promise<void> {
    await this.sagemaker.close();
    await this.abandon();
    await rm(this.folder, { recursive: true });
  }
}

function searches(found: Interpreters): OptunaSearches {
  const resources = path.resolve(import.meta.dirname, '../../resources');
  return new OptunaSearches({ interpreters: found, configured: undefined, environment: process.env, resources });
}

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly maxAttempts: number;
}

interface ScriptedJob {
  readonly spec: TrainingSpec;
  readonly observer: TrainingObserver;
  stopped: boolean;
}

/** An engine on which a job does what the test says, when it says it. */
class ScriptedTraining implements TrainingEngine {
  readonly started = new Map<string, ScriptedJob>();

  start(spec: TrainingSpec, observer: TrainingObserver) {
    const job = { spec, observer, stopped: false };
    this.started.set(spec.name, job);
    return { stop: () => void (job.stopped = true), interrupt: () => false };
  }

  get(name: string): ScriptedJob {
    const job = this.started.get(name);
    if (!job) throw new Error(`The job ${name} was not started.`);
    return job;
  }

  close = (): Promise<void> => Promise.resolve();
}

interface Application {
  readonly spec: EndpointSpec;
  succeed(): void;
  fail(reason: string): void;
}

/** An engine on which an endpoint comes into service when the test says so. */
class ScriptedHosting implements HostingEngine {
  readonly removed: string[] = [];
  private readonly applications: Application[] = [];
  private waiting: ((application: Application) => void) | undefined;

  apply(spec: EndpointSpec): Promise<void> {
    return new Promise((resolve, reject) => {
      const application = { spec, succeed: resolve, fail: (reason: string) => reject(new Error(reason)) };
      if (this.waiting) this.waiting(application);
      else this.applications.push(application);
      this.waiting = undefined;
    });
  }

  /** The next call of `apply`, which may be still to come. */
  next(): Promise<Application> {
    const application = this.applications.shift();
    return application ? Promise.resolve(application) : new Promise((resolve) => (this.waiting = resolve));
  }

  invoke(): never {
    throw new Error('No invocations in this test.');
  }

  remove(endpoint: string): Promise<void> {
    this.removed.push(endpoint);
    return Promise.resolve();
  }

  close = (): Promise<void> => Promise.resolve();
}

/** An engine that answers what the test says, and keeps what it was asked. */
class ScriptedFunctions implements FunctionEngine {
  readonly invoked: { readonly spec: FunctionSpec; readonly invocation: FunctionInvocation }[] = [];
  readonly reserved = new Map<string, number | undefined>();
  readonly provisions = new Map<string, { readonly spec: FunctionSpec; readonly count: number }>();
  readonly removed: string[] = [];
  running = 0;
  /** Returns what the next handlers answer; it may throw what an engine throws. By default the event. */
  answer: (invocation: FunctionInvocation, spec: FunctionSpec) => Partial<FunctionAnswer> | Promise<FunctionAnswer> = ({
    payload,
  }) => ({ payload });

  async invoke(spec: FunctionSpec, invocation: FunctionInvocation): Promise<FunctionAnswer> {
    this.invoked.push({ spec, invocation });
    const empty = { payload: Buffer.from('null'), error: undefined, logTail: Buffer.from('') };
    return { ...empty, ...(await this.answer(invocation, spec)) };
  }

  reserve(functionName: string, concurrency: number | undefined): void {
    this.reserved.set(functionName, concurrency);
  }

  provision(functionName: string, qualifier: string, spec: FunctionSpec, count: number): void {
    this.provisions.set(`${functionName}:${qualifier}`, { spec, count });
  }

  provisioned(functionName: string, qualifier: string): Provisioned | undefined {
    const count = this.provisions.get(`${functionName}:${qualifier}`)?.count ?? 0;
    if (count === 0) return undefined;
    return { requested: count, allocated: count, available: count, status: 'READY', statusReason: undefined };
  }

  remove(functionName: string): void {
    this.removed.push(functionName);
  }

  close = (): Promise<void> => Promise.resolve();
}
