import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../core/errors.js';
import { defaultSandboxFolder } from '../core/sandboxFolder.js';
import { shellEnvironment } from './awsFiles.js';
import { findRunning } from './lock.js';
import { type Sandbox, startSandbox } from './sandbox.js';
import { Folders } from './settings.js';

const usage = `sagemaker-sandbox: Amazon SageMaker on this machine, over AWS's own protocols.

  --port N        port on 127.0.0.1 (default: the data folder's last one, else any free one)
  --data DIR      data folder (default: ${defaultSandboxFolder()})
  --fresh         forget everything in the data folder first
  --account N     account id, 12 digits (default: the data folder's, else 000000000000)
  --region R      region (default: the data folder's, else us-east-1)
  --python P      Python for jobs, endpoints and functions (default: the first that imports torch)
  --tuner-python P
                  Python with Optuna for tuning jobs (default: the one for jobs, else the first that has it)
  --end-when-idle S
                  end S seconds after the last window and the last call, when nothing runs (default: never)
  --print-env     print the shell lines that point AWS CLI and boto3 at the running sandbox, and end
  --help          this text`;

/** The runners in Python, shipped as they are beside the bundle (this file runs as dist/sandbox.js). */
const resources = path.resolve(__dirname, '..', 'resources');

async function main(): Promise<void> {
  const options = readArguments();
  if (options.help) return void process.stdout.write(`${usage}\n`);
  const dataDir = path.resolve(options.data ?? defaultSandboxFolder());
  if (options['print-env']) return printEnvironment(dataDir);

  let ending = false;
  /** A window's wish, idleness and signals may come together: it is closed once. */
  const end = (): void => {
    if (ending) return;
    ending = true;
    sandbox.close().then(() => process.exit(0), fail);
  };
  const sandbox: Sandbox = await startSandbox({
    endWhenIdle: options['end-when-idle'] === undefined ? undefined : Number(options['end-when-idle']),
    onEnd: end,
    dataDir,
    account: options.account,
    region: options.region,
    python: options.python,
    tunerPython: options['tuner-python'],
    port: options.port === undefined ? undefined : Number(options.port),
    fresh: options.fresh ?? false,
    resources,
    environment: process.env,
    onFault: (error, requestId) => complain(`request ${requestId} failed: ${describe(error)}`),
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, end);
  }
  process.stdout.write(`${JSON.stringify(sandbox.ready)}\n`);
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      fresh: { type: 'boolean' },
      account: { type: 'string' },
      region: { type: 'string' },
      python: { type: 'string' },
      'tuner-python': { type: 'string' },
      'print-env': { type: 'boolean' },
      'end-when-idle': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const { port, account, region, 'end-when-idle': idle } = values;
  if (idle !== undefined && !/^\d{1,6}$/.test(idle))
    throw new Error(`--end-when-idle ${idle} is not a number of seconds.`);
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= 65535)) {
    throw new Error(`--port ${port} is not a port: give a number from 0 to 65535.`);
  }
  if (account !== undefined && !/^\d{12}$/.test(account)) throw new Error(`--account ${account} is not 12 digits.`);
  if (region !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) {
    throw new Error(`--region ${region} is not a region's name, such as eu-west-1.`);
  }
  return values;
}

function printEnvironment(dataDir: string): void {
  const running = findRunning(new Folders(dataDir).lock());
  if (!running) throw new Error(`No sandbox runs on ${dataDir}. Start one first: npx sagemaker-sandbox`);
  process.stdout.write(`${shellEnvironment(running, path.join(resources, 'python'))}\n`);
}

function fail(error: unknown): void {
  complain(messageOf(error));
  process.exit(1);
}

function complain(text: string): void {
  process.stderr.write(`sagemaker-sandbox: ${text}\n`);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main().catch(fail);
