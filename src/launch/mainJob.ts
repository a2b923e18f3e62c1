import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Endpoint } from '../aws/gateways/endpoints.js';
import type { Phase } from '../aws/gateways/trainingJobs.js';
import { UserError } from '../core/errors.js';
import { type PredictionAnswer, predict } from '../testBench/predict.js';
import type { LogLine } from '../logs/followLog.js';
import type { UploadProgress } from '../transfer/uploadFolder.js';
import { deployModel, type ReadyEndpoint } from './deployModel.js';
import { type EndpointLaunch, planEndpoint } from './planEndpoint.js';
import type { JobLaunch } from './planJob.js';
import { planTraining, type TrainingLaunch } from './planTraining.js';
import { earlierDeployment, earlierTraining } from './reuse.js';
import { labelsOf } from '../testBench/pictures.js';
import { type Sample, samplesOf } from './samples.js';
import type { Session } from './session.js';
import type { Summary } from './summary.js';
import { uploadInputs } from './submitJob.js';
import { type ReadyTraining, train, type Trained } from './train.js';

export const steps = ['upload', 'train', 'deploy', 'predict'] as const;
export type Step = (typeof steps)[number];

/** What happens while the main job runs. */
export type MainJobEvent =
  | { readonly type: 'step'; readonly step: Step }
  | { readonly type: 'upload'; readonly data: string; readonly progress: UploadProgress }
  | { readonly type: 'phase'; readonly phase: Phase }
  | { readonly type: 'log'; readonly lines: readonly LogLine[] }
  | { readonly type: 'endpoint'; readonly endpoint: Endpoint }
  /** A step that an earlier run has done, which left `name`: nothing that goes into it has changed since. */
  | { readonly type: 'reused'; readonly step: Step; readonly name: string };

export interface MainJobOptions {
  /** Name of the `endpoints` entry; its model says which job to train. By default the only one. */
  readonly endpoint?: string;
  /** Execution role where the project file names none. */
  readonly role?: string;
  /** Take the model and the endpoint of an earlier run when nothing that goes into them has changed. */
  readonly reuse: boolean;
  /** Asked before anything is made; false ends without a result. */
  readonly confirm: (summaries: readonly Summary[]) => Promise<boolean>;
  readonly report: (event: MainJobEvent) => void;
  readonly signal: AbortSignal;
}

export interface MainJobResult {
  readonly job: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly model: string;
  readonly endpoint: string;
  readonly predictions: readonly { readonly sample: Sample; readonly answer: PredictionAnswer }[];
  readonly seconds: Readonly<Record<Step, number>>;
}

/** How many pictures the endpoint is tried with. */
const sampleCount = 3;

/**
 * Data to S3, a model from it, an endpoint from that, and answers from the endpoint: the entries of a project file as one
 * flow. An abort ends the step that is under way, and really stops a job.
 * @returns undefined when the person says no
 * @throws {UserError} at a red gate, and when a step fails
 */
export async function runMainJob(session: Session, options: MainJobOptions): Promise<MainJobResult | undefined> {
  const { report, signal } = options;
  const { endpointName, jobName } = chosenEntries(session, options.endpoint);
  const scratch = await mkdtemp(path.join(tmpdir(), 'sagemaker-workbench-'));
  const seconds: Record<Step, number> = { upload: 0, train: 0, deploy: 0, predict: 0 };
  const timed: Timed = async (step, work) => {
    report({ type: 'step', step });
    const start = performance.now();
    const result = await work();
    seconds[step] = (performance.now() - start) / 1000;
    return result;
  };
  try {
    const training = await planTraining(session, jobName, scratch, options.role, signal);
    const hosting = await planEndpoint(session, endpointName, options.role, signal);
    const ready = bothReady(training, hosting);
    const trained = ready && options.reuse ? await earlierTraining(session, ready.training, signal) : undefined;
    const serving =
      ready && trained?.model !== undefined
        ? await earlierDeployment(session, ready.hosting, trained.model, signal)
        : undefined;
    const summaries = [
      ...(trained ? [] : [jobSummary(session, 'training-job', training)]),
      ...(serving ? [] : [endpointSummary(session, hosting)]),
    ];
    const agreed = summaries.length === 0 || (await options.confirm(summaries));
    if (!ready) throw new UserError('Nothing was launched: a check said stop. What to mend is said with it.');
    if (!agreed) return undefined;

    if (trained) report({ type: 'reused', step: 'train', name: trained.name });
    const job = trained ?? (await uploadAndTrain(session, ready.training, timed, options));
    const { model } = job;
    if (model === undefined) throw new UserError(`Training job ${job.name} completed, but left no model.`);

    if (serving) report({ type: 'reused', step: 'deploy', name: serving.name });
    const observe = (state: Endpoint) => report({ type: 'endpoint', endpoint: state });
    const endpoint =
      serving ?? (await timed('deploy', () => deployModel(session, ready.hosting, model, scratch, observe, signal)));
    const predictions = await timed('predict', () => tryOut(session, training, endpoint.name, signal));
    return { job: job.name, metrics: job.metrics, model, endpoint: endpoint.name, predictions, seconds };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Timed = <T>(step: Step, work: () => Promise<T>) => Promise<T>;

/** Undefined when a gate of either is red. */
function bothReady(
  training: TrainingLaunch,
  hosting: EndpointLaunch,
): { readonly training: ReadyTraining; readonly hosting: ReadyEndpoint } | undefined {
  if (!training.ready || !hosting.ready) return undefined;
  return { training: { ...training, ready: training.ready }, hosting: { ...hosting, ready: hosting.ready } };
}

async function uploadAndTrain(
  session: Session,
  launch: ReadyTraining,
  timed: Timed,
  { report, signal }: MainJobOptions,
): Promise<Trained> {
  await timed('upload', () =>
    uploadInputs(session, launch, (data, progress) => report({ type: 'upload', data, progress }), signal),
  );
  const observer = {
    phase: (phase: Phase) => report({ type: 'phase', phase }),
    log: (lines: readonly LogLine[]) => report({ type: 'log', lines }),
  };
  return timed('train', () => train(session, launch, observer, signal));
}

function chosenEntries({ project }: Session, wanted: string | undefined): { endpointName: string; jobName: string } {
  const names = Object.keys(project.endpoints);
  const endpointName = wanted ?? (names.length === 1 ? names[0] : undefined);
  if (endpointName === undefined) {
    const which = names.length === 0 ? 'has no endpoint' : `has several endpoints (${names.join(', ')}): name one`;
    throw new UserError(`The project file ${which}.`);
  }
  const endpoint = project.endpoints[endpointName];
  if (!endpoint) throw new UserError(`There is no endpoint "${endpointName}" in sagemaker.jsonc.`);
  if (!('from' in endpoint.model)) {
    throw new UserError(`endpoints.${endpointName} takes its model from S3, so there is no job to train for it.`);
  }
  return { endpointName, jobName: endpoint.model.from.slice('jobs.'.length) };
}

export function jobSummary(
  { cloud }: Session,
  kind: 'training-job' | 'tuning-job',
  { entry, name, bucket, estimate, gates }: JobLaunch<unknown>,
): Summary {
  const created = bucket.exists ? [] : [{ effect: 'creates', kind: 'bucket', name: bucket.name } as const];
  return {
    entry,
    connection: cloud.connection,
    changes: [...created, { effect: 'creates', kind, name, estimate }],
    gates,
  };
}

export function endpointSummary(
  { cloud }: Session,
  { entry, run, endpoint, serves, estimate, gates }: EndpointLaunch,
): Summary {
  return {
    entry,
    connection: cloud.connection,
    changes: [
      { effect: 'creates', kind: 'model', name: run },
      { effect: 'creates', kind: 'endpoint-config', name: run },
      { effect: serves ? 'updates' : 'creates', kind: 'endpoint', name: endpoint, estimate },
    ],
    gates,
  };
}

async function tryOut(
  session: Session,
  training: TrainingLaunch,
  endpoint: string,
  signal: AbortSignal,
): Promise<MainJobResult['predictions']> {
  const name = training.uploads[0]?.name;
  const data = name === undefined ? undefined : session.project.data[name];
  if (!data) return [];
  const folder = path.resolve(session.workspace, data.path);
  const [samples, labels] = await Promise.all([samplesOf(folder, sampleCount, signal), labelsOf(folder)]);
  const predictions: { sample: Sample; answer: PredictionAnswer }[] = [];
  for (const sample of samples) {
    const body = await readFile(sample.file);
    predictions.push({
      sample,
      answer: await predict(session.cloud, endpoint, body, sample.contentType, labels, signal),
    });
  }
  return predictions;
}
