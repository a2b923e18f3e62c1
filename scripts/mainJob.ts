import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { connect } from '../src/aws/load.js';
import { isCancellation, UserError } from '../src/core/errors.js';
import { fileError } from '../src/core/files.js';
import { burn } from '../src/costs/running.js';
import { usd } from '../src/costs/estimate.js';
import { runMainJob } from '../src/launch/mainJob.js';
import { openSession, type Session } from '../src/launch/session.js';
import { projectFileName, readProject } from '../src/project/read.js';
import { MainJobView } from './mainJobView.js';

const usage = `mainJob: upload, train, deploy and predict as a project file says, on a running sandbox.

  --workspace DIR   folder of ${projectFileName} (default: the current one)
  --ready FILE      the sandbox's ready line, as JSON (default: in the variable SAGEMAKER_SANDBOX_READY)
  --endpoint NAME   which of the file's endpoints, when it has several
  --again           train and deploy again, also when nothing has changed since the last time`;

/** The sandbox's ready line, as far as it is needed here. */
const Ready = v.object({
  endpoint: v.string(),
  region: v.string(),
  profile: v.string(),
  configFile: v.string(),
  credentialsFile: v.string(),
  executionRoleArn: v.string(),
});

async function main(): Promise<number> {
  const values = readArguments();
  const view = new MainJobView(process.stdout);
  if (values.help) {
    view.line(usage);
    return 0;
  }
  const workspace = path.resolve(values.workspace ?? '.');
  const project = await projectOf(workspace, view);
  const { executionRoleArn, ...source } = await readyLine(values.ready);
  const cancel = new AbortController();
  let interrupts = 0;
  const interrupted = () => {
    interrupts += 1;
    // Twice means at once: whatever runs is left as it is.
    if (interrupts > 1) process.exit(130);
    view.line('Stopping: a running job is stopped, and has two minutes to save what it has. Once more ends at once.');
    cancel.abort();
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);

  const cloud = await connect(source);
  const session = await openSession(
    workspace,
    path.basename(workspace),
    project,
    cloud,
    () => new Date(),
    (line) => view.detail(line),
  );
  const runs = new Set<string>();
  try {
    const result = await runMainJob(session, {
      ...(values.endpoint !== undefined && { endpoint: values.endpoint }),
      role: executionRoleArn,
      reuse: values.again !== true,
      confirm: async (summaries) => {
        summaries.forEach((summary) => view.summary(summary));
        // A run has the name of the job, or of the model, that it makes.
        for (const { changes } of summaries) changes.forEach(({ name }) => runs.add(name));
        return true;
      },
      report: (event) => view.event(event),
      signal: cancel.signal,
    });
    if (result) view.table(result);
    view.line(await runningNow(session));
    return 0;
  } catch (error) {
    view.line(await leftBehind(session, runs));
    throw error;
  } finally {
    cloud.close();
  }
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        workspace: { type: 'string' },
        ready: { type: 'string' },
        endpoint: { type: 'string' },
        again: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, { cause: error });
  }
}

async function projectOf(workspace: string, view: MainJobView) {
  const file = path.join(workspace, projectFileName);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError(`There is no ${projectFileName} in ${workspace}: name its folder with --workspace.`, { cause });
  });
  const { project, diagnostics } = readProject(text);
  for (const { severity, message, range } of diagnostics) {
    view.line(`${projectFileName}:${range.line}:${range.column} ${severity}: ${message}`);
  }
  if (!project) throw new UserError(`${file} has errors: mend them first.`);
  return project;
}

async function readyLine(file: string | undefined) {
  const text =
    file === undefined
      ? process.env['SAGEMAKER_SANDBOX_READY']
      : await readFile(file, 'utf8').catch((error: unknown) => {
          throw fileError("The sandbox's ready line cannot be read", error);
        });
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Ready), text);
  if (!parsed.success) {
    throw new UserError(
      "The sandbox's ready line is missing or is none: start `npx sagemaker-sandbox` and pass what it prints.",
    );
  }
  return parsed.output;
}

async function runningNow(session: Session): Promise<string> {
  const { usdPerHour } = burn(await ours(session), session.now());
  return `On AWS, what runs now would cost about ${usd(usdPerHour)}/h (estimate).`;
}

/** After a failure: what these runs made or changed and is still there, with what a stopped job had saved. */
async function leftBehind(session: Session, runs: ReadonlySet<string>): Promise<string> {
  const left = (await ours(session)).filter((resource) => !resource.until && runs.has(resource.run ?? ''));
  const cancelled = (await session.runs.list()).filter(({ outcome, id }) => outcome === 'Cancelled' && runs.has(id));
  const models = cancelled.flatMap(({ results }) =>
    results.model === undefined ? [] : [`  objects ${results.model}`],
  );
  if (left.length + models.length === 0) return 'Nothing was left behind.';
  const lines = left.map(({ kind, name, usdPerHour }) => {
    const end = kind === 'training-job' || kind === 'tuning-job' ? 'ends' : 'is deleted';
    const price = usdPerHour > 0 ? `, on AWS about ${usd(usdPerHour)}/h until it ${end}` : '';
    return `  ${kind} ${name}${price}`;
  });
  return ['Left behind:', ...lines, ...models].join('\n');
}

async function ours({ ledger, cloud }: Session) {
  const { account, region } = cloud.connection;
  return (await ledger.resources()).filter((resource) => resource.account === account && resource.region === region);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    if (isCancellation(error)) {
      console.error('Cancelled.');
      process.exitCode = 130;
      return;
    }
    // A fault of ours shows where it comes from; what a person can mend is a sentence.
    console.error(error instanceof UserError ? `\n${error.message}` : error);
    process.exitCode = 1;
  },
);
