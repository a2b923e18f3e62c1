import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import path from 'node:path';
import { version } from '../../package.json';
import { Authorizer } from './authorize.js';
import { profile, writeAwsFiles } from './awsFiles.js';
import { realTime } from './clock.js';
import { Control } from './control.js';
import { LocalFunctions } from './engines/functions/functionEngine.js';
import { HostedEndpoints } from './engines/hosting/endpoints.js';
import { InferenceInstances } from './engines/hosting/inferenceInstances.js';
import type { Machine } from './engines/process/container.js';
import { Interpreters } from '../core/interpreter.js';
import { findIsolation } from './engines/process/isolation.js';
import { LocalTraining } from './engines/training/trainingEngine.js';
import { OptunaSearches } from './engines/tuning/tuningEngine.js';
import { Identities } from './identity/identities.js';
import { announce, findRunning, type Ready, withdraw } from './lock.js';
import { createServer } from './server.js';
import { createCloudWatch } from './services/cloudwatch/service.js';
import { iam } from './services/iam/iam.js';
import { createLambda } from './services/lambda/service.js';
import { createLogs } from './services/logs/service.js';
import { S3 } from './services/s3/service.js';
import { createSageMaker } from './services/sagemaker/service.js';
import { sagemakerRuntime } from './services/sagemakerRuntime.js';
import { sts } from './services/sts.js';
import { Folders, type Settings } from './settings.js';
import { ObjectFiles } from './store/objectFiles.js';
import { Store, StoreInUseError } from './store/store.js';

/** Of functions, in the account: Lambda's default ("Lambda quotas"). */
const concurrentInvocations = 1000;

export interface SandboxOptions {
  readonly dataDir: string;
  /** Of a new data folder; an old one has its own, and another one is refused. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly python: string | undefined;
  /** The Python with Optuna that searches for tuning jobs; undefined: one is looked for. */
  readonly tunerPython: string | undefined;
  /** Undefined: the port that the data folder had last, when it is free, else any. */
  readonly port: number | undefined;
  /** Forget what is in the data folder. */
  readonly fresh: boolean;
  /** The shipped folder that holds `python/`. */
  readonly resources: string;
  /** In which the sandbox was started; its children get little of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told of faults of ours: the client sees no more than InternalFailure. */
  readonly onFault: (error: unknown, requestId: string) => void;
  /** Seconds after the last window's lease; undefined: it runs until it is told to end. */
  readonly endWhenIdle: number | undefined;
  /** Asked by a window, or idle: the owner of this process closes the sandbox. */
  readonly onEnd: () => void;
}

export interface Sandbox {
  readonly ready: Ready;
  /** Ends the server and every process that it started. */
  close(): Promise<void>;
}

/** Makes the parts and hands them to each other; resolves when the sandbox answers. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const folders = new Folders(options.dataDir);
  const store = openStore(options, folders);
  const settings = settle(options, store);

  const identities = new Identities(settings, store);
  const access = new Authorizer(settings, identities);
  const objects = new ObjectFiles(store, folders.objects());
  const logs = createLogs(store, settings);
  const cloudwatch = createCloudWatch(store, realTime);
  const interpreters = new Interpreters({
    configured: options.python,
    workingFolder: process.cwd(),
    searchPath: options.environment['PATH'],
    cacheFile: folders.interpreters(),
  });
  const machine: Machine = {
    settings,
    folders,
    interpreters,
    isolation: findIsolation(options.dataDir),
    endpoint: () => endpoint,
    environment: options.environment,
    resources: options.resources,
  };
  const hosting = new HostedEndpoints({
    settings,
    instances: new InferenceInstances({ ...machine, objects, logs }),
    metrics: cloudwatch,
    clock: realTime,
    random: Math.random,
  });
  const sagemaker = createSageMaker({
    ...{ store, settings, objects, access, hosting, logs },
    clock: realTime,
    roleKeys: identities,
    training: new LocalTraining({ ...machine, objects, logs, metrics: cloudwatch, clock: realTime }),
    tuning: new OptunaSearches({ ...machine, interpreters, configured: options.tunerPython }),
  });
  const lambda = createLambda({
    ...{ store, settings, objects, access, concurrency: concurrentInvocations, onFault: options.onFault },
    roleKeys: identities,
    engine: new LocalFunctions({
      ...{ ...machine, logs, metrics: cloudwatch, clock: realTime },
      concurrency: concurrentInvocations,
    }),
    packages: folders.functionPackages(),
    endpoint: () => endpoint,
  });
  const control = new Control({
    activity: () => ({ ...sagemaker.activity(), ...lambda.activity() }),
    expireSessions: (name) => identities.expire(name),
    interrupt: (job, interruption) => sagemaker.interrupt(job, interruption),
    stop: options.onEnd,
    endWhenIdle: options.endWhenIdle === undefined ? undefined : options.endWhenIdle * 1000,
    version,
  });
  const server = createServer({
    plain: [control, lambda.links],
    onCall: (call) => control.counted(call),
    credentials: identities,
    access,
    services: [
      sagemaker.service,
      sagemakerRuntime(hosting, settings),
      lambda.service,
      logs.service,
      cloudwatch.service,
      iam(settings, identities),
      sts(identities, access),
    ],
    s3: new S3(objects, access, settings.region),
    onFault: options.onFault,
  });

  const port = await listen(server, options.port, store);
  const endpoint = `http://127.0.0.1:${port}`;
  writeAwsFiles(folders, settings, endpoint, identities.rootKey);
  sagemaker.start();
  lambda.start();
  const ready: Ready = {
    endpoint,
    region: settings.region,
    accountId: settings.account,
    profile,
    configFile: folders.aws('config'),
    credentialsFile: folders.aws('credentials'),
    executionRoleArn: identities.executionRoleArn,
    dataDir: options.dataDir,
    version,
    pid: process.pid,
  };
  // A file that is there keeps its mode, and a kill -9 leaves one: this one is made anew.
  rmSync(folders.controlToken(), { force: true });
  writeFileSync(folders.controlToken(), control.token, { mode: 0o600, flag: 'wx' });
  announce(folders.lock(), ready);
  control.start();

  return {
    ready,
    close: async () => {
      withdraw(folders.lock());
      rmSync(folders.controlToken(), { force: true });
      control.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, sagemaker.close(), lambda.close()]);
      logs.flush();
      cloudwatch.flush();
      store.close();
    },
  };
}

/** @throws {Error} when another sandbox has the folder, or the folder is something else. */
function openStore({ dataDir, fresh }: SandboxOptions, folders: Folders): Store {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (!existsSync(folders.database()) && readdirSync(dataDir).length > 0) {
    throw new Error(`${dataDir} is not empty, and not a sandbox's data folder: name another with --data.`);
  }
  chmodSync(dataDir, 0o700);
  try {
    const store = new Store(folders.database());
    if (!fresh) return store;
    // Opened first: as long as another sandbox lives in the folder, nothing of it is deleted.
    store.close();
    for (const name of readdirSync(dataDir)) rmSync(path.join(dataDir, name), { recursive: true, force: true });
    return new Store(folders.database());
  } catch (error) {
    if (!(error instanceof StoreInUseError)) throw error;
    const running = findRunning(folders.lock());
    const where = running ? ` It answers at ${running.endpoint} (process ${running.pid}).` : '';
    throw new Error(`Another sandbox is using ${dataDir}.${where} Stop it, or name another folder with --data.`, {
      cause: error,
    });
  }
}

/** Account and region are part of every ARN in the data folder, so a folder keeps those that it was made with. */
function settle({ account, region, dataDir, python }: SandboxOptions, store: Store): Settings {
  const kept = store.collection<{ account: string; region: string }>('settings');
  const own = kept.get('account') ?? { account: account ?? '000000000000', region: region ?? 'us-east-1' };
  if ((account ?? own.account) !== own.account || (region ?? own.region) !== own.region) {
    store.close();
    throw new Error(
      `${dataDir} belongs to account ${own.account} in ${own.region}. Name another folder with --data, or start with --fresh.`,
    );
  }
  kept.put('account', own);
  return { ...own, dataDir, python };
}

/**
 * Listens on 127.0.0.1 only. Without a wish it takes the port of the last time, so that the environment and the files
 * that clients were given stay true.
 * @throws {Error} when the port that was asked for is taken.
 */
async function listen(server: Server, wanted: number | undefined, store: Store): Promise<number> {
  const kept = store.collection<{ port: number }>('server');
  const last = kept.get('port')?.port;
  let port: number;
  if (wanted !== undefined) port = await bind(server, wanted);
  else port = await bind(server, last ?? 0).catch(() => bind(server, 0));
  kept.put('port', { port });
  return port;
}

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} is taken: name another with --port, or none to get a free one.`)
          : error,
      );
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      const address = server.address();
      if (typeof address === 'object' && address) resolve(address.port);
      else reject(new Error('The server has no port.'));
    });
  });
}
