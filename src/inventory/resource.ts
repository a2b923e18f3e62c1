import type { EndpointDetail, EndpointSummary } from '../aws/gateways/endpoints.js';
import type { FunctionDetail, FunctionSummary } from '../aws/gateways/functions.js';
import type { LogEvent } from '../aws/gateways/logs.js';
import type { ModelSummary } from '../aws/gateways/models.js';
import type { TrainingJobDetail, TrainingJobSummary } from '../aws/gateways/trainingJobs.js';
import type { Trial, TuningJobDetail, TuningJobSummary } from '../aws/gateways/tuningJobs.js';

/** What a trial's tuning job knows of it, beside what is known of every training job. */
export type TrialResult = Pick<Trial, 'started' | 'hyperparameters' | 'objective' | 'failure'>;

/** What exists in the cloud, as List tells it. */
export type Resource =
  | ({ readonly kind: 'tuning-job' } & TuningJobSummary)
  // `trial` where it was read with its tuning job: ListTrainingJobs does not say which one made it.
  | ({ readonly kind: 'training-job'; readonly trial?: TrialResult } & TrainingJobSummary)
  | ({ readonly kind: 'model' } & ModelSummary)
  | ({ readonly kind: 'endpoint' } & EndpointSummary)
  | ({ readonly kind: 'function' } & FunctionSummary);
export type Kind = Resource['kind'];
export type ResourceOf<K extends Kind> = Extract<Resource, { readonly kind: K }>;

/** The kinds of which Describe tells more than List. */
export type Described = 'tuning-job' | 'training-job' | 'endpoint' | 'function';
/** What Describe tells. */
export type DetailOf<K extends Kind> = K extends 'tuning-job'
  ? TuningJobDetail
  : K extends 'training-job'
    ? TrainingJobDetail
    : K extends 'endpoint'
      ? EndpointDetail
      : K extends 'function'
        ? DescribedFunction
        : never;

/** A function, and what its log says of how its calls went. */
export interface DescribedFunction extends FunctionDetail {
  /** The last error in the log of the last hour; `unknown` where the log cannot be read. */
  readonly lastError: LogEvent | undefined | 'unknown';
}

export const kinds: readonly Kind[] = ['tuning-job', 'training-job', 'endpoint', 'function', 'model'];

/** Whether it is on its way from one state to another, and so worth asking after. Of a function List does not say. */
export function isMoving(resource: Resource): boolean {
  switch (resource.kind) {
    case 'tuning-job':
      return ['InProgress', 'Stopping', 'Deleting'].includes(resource.state);
    case 'training-job':
      return resource.state === 'InProgress' || resource.state === 'Stopping';
    case 'endpoint':
      return ['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'].includes(resource.state);
    case 'function':
    case 'model':
      return false;
  }
}

/** Whether a function, its last update or what is provisioned for it is under way. */
export function isFunctionMoving({ state, update, provisioned }: FunctionDetail): boolean {
  return state === 'Pending' || update === 'InProgress' || provisioned.some(({ status }) => status === 'IN_PROGRESS');
}

/** The resource as Describe's answer has it. */
export function asDescribed(resource: ResourceOf<Described>, detail: DetailOf<Described>): ResourceOf<Described> {
  if (resource.kind === 'tuning-job' && 'ranges' in detail) {
    const { state, modified, ended, trials } = detail;
    return { ...resource, state, modified, ended, trials };
  }
  if (resource.kind === 'training-job' && 'phases' in detail) {
    const { state, ended, phases } = detail;
    return { ...resource, state, ended, phase: phases.at(-1)?.status };
  }
  if (resource.kind === 'endpoint' && 'config' in detail) {
    const { state, modified } = detail;
    return { ...resource, state, modified };
  }
  if (resource.kind === 'function' && 'aliases' in detail) {
    const { runtime, memory, timeout, modified } = detail;
    return { ...resource, runtime, memory, timeout, modified };
  }
  throw new TypeError(`${resource.kind} ${resource.name} has the details of something else.`);
}

/**
 * A trial as the training job that it is. Its list says nothing of phases and of changes: the last one known is its end.
 */
export function asTrainingJob(trial: Trial): ResourceOf<'training-job'> {
  const { name, arn, state, created, started, ended, hyperparameters, objective, failure } = trial;
  const modified = ended ?? started ?? created;
  const result = { started, hyperparameters, objective, failure };
  return { kind: 'training-job', name, arn, state, phase: undefined, created, modified, ended, trial: result };
}
