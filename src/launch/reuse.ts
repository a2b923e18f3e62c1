import type { Endpoint } from '../aws/gateways/endpoints.js';
import { parseS3Uri } from '../aws/s3Uri.js';
import { untilSettled } from '../hosting/deploy.js';
import { hashContents } from '../packaging/sourceArchive.js';
import { deploymentRequests, type ReadyEndpoint } from './deployModel.js';
import { isOn, type RunRecord } from './runRecord.js';
import type { Session } from './session.js';
import { dataOf } from './submitJob.js';
import type { ReadyTraining, Trained } from './train.js';
import type { ReadyTuning } from './tune.js';

/**
 * The model of an earlier run that sent the same request for the same source and data. Same entry + same files = same
 * request, so training again would give the same model, and searching again one as good, for the same price again.
 * @returns undefined when there is none, or its model is gone
 */
export async function earlierJob(
  session: Session,
  operation: 'CreateTrainingJob' | 'CreateHyperParameterTuningJob',
  launch: ReadyTraining | ReadyTuning,
  signal: AbortSignal,
): Promise<Trained | undefined> {
  const data = JSON.stringify(await dataOf(launch));
  const run = (await session.runs.list()).find(
    (record) =>
      record.entry === launch.entry &&
      record.outcome === 'Completed' &&
      isOn(record, session.cloud.connection) &&
      JSON.stringify(record.data) === data &&
      sentTheSame(record, launch.name, { [operation]: launch.ready.request }),
  );
  const model = run?.results.model;
  const address = model === undefined ? undefined : parseS3Uri(model);
  if (!run || !address || !(await session.cloud.objects.exists(address, signal))) return undefined;
  return { name: run.id, metrics: run.results.metrics ?? {}, model };
}

/** The endpoint, when it serves this very model with this very code already. */
export async function earlierDeployment(
  session: Session,
  launch: ReadyEndpoint,
  model: string,
  signal: AbortSignal,
): Promise<Endpoint | undefined> {
  const code = JSON.stringify(await hashContents(launch.ready.code.files));
  const run = (await session.runs.list()).find(
    (record) =>
      record.entry === launch.entry &&
      record.outcome === 'InService' &&
      isOn(record, session.cloud.connection) &&
      record.results.model === model &&
      record.source !== undefined &&
      JSON.stringify(record.source.files) === code &&
      sentTheSame(record, launch.run, deploymentRequests(launch.ready.plan(record.source.uri))),
  );
  if (!run) return undefined;
  const endpoint = await untilSettled(session.cloud, launch.endpoint, signal);
  return endpoint?.state === 'InService' && endpoint.config === run.id ? endpoint : undefined;
}

/** Whether a run sent these requests: each run has a name of its own in them, and that is all that may differ. */
function sentTheSame(record: RunRecord, name: string, requests: RunRecord['requests']): boolean {
  const nameless = (sent: RunRecord['requests'], own: string) => JSON.stringify(sent).replaceAll(own, '');
  return nameless(record.requests, record.id) === nameless(requests, name);
}
