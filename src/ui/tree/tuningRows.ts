import type { TrainingJobDetail } from '../../aws/gateways/trainingJobs.js';
import type { TuningJobDetail } from '../../aws/gateways/tuningJobs.js';
import type { Capability } from '../../contributions.js';
import { estimateEndpoint, usd } from '../../costs/estimate.js';
import type { Inventory } from '../../inventory/inventory.js';
import { isMoving, type ResourceOf } from '../../inventory/resource.js';
import type { RunRecord } from '../../launch/runRecord.js';
import { ago, duration, firstSentence, metricValue, tunedValue } from '../words.js';
import { joined, type Row, trainingJobRow } from './rows.js';

/** `3 of 12 trials · best valid_loss 0.120 · $0.46/h · 41 min`. */
export function tuningJobRow(
  job: ResourceOf<'tuning-job'>,
  detail: TuningJobDetail | undefined,
  record: RunRecord | undefined,
  now: Date,
): Row {
  const { completed, inProgress, failed, stopped } = job.trials;
  const over = completed + failed + stopped;
  const best = detail?.best?.objective;
  const found = best === undefined ? undefined : `best ${detail!.objective.metric} ${metricValue(best)}`;
  const age = duration((job.ended ?? now).getTime() - job.created.getTime());
  const can: Capability[] = [
    'watchableTuning',
    'hasLog',
    'hasArn',
    ...(record ? (['hasEntry'] as const) : []),
    // Describe alone says which one is best; that there is one shows in List.
    ...(completed > 0 ? (['hasBest'] as const) : []),
  ];
  if (isMoving(job)) {
    const price = detail && inProgress > 0 ? estimateEndpoint(detail.instance) : undefined;
    return {
      description: joined(
        `${over} of ${job.maxJobs ?? '?'} trials`,
        found,
        failed > 0 ? `${failed} failed` : undefined,
        price && `${usd(price.usdPerHour * inProgress)}/h`,
        age,
        job.state === 'InProgress' ? undefined : job.state,
      ),
      icon: 'sync',
      color: 'running',
      capabilities: job.state === 'InProgress' ? [...can, 'stoppableTuning'] : can,
    };
  }
  const said = {
    Completed: { words: undefined, icon: 'pass', color: 'passed' },
    Stopped: { words: 'stopped', icon: 'circle-slash', color: 'none' },
    Failed: { words: detail?.failure ? firstSentence(detail.failure) : 'failed', icon: 'error', color: 'failed' },
    DeleteFailed: { words: 'deleting failed', icon: 'error', color: 'failed' },
  } as const;
  const { words, icon, color } = said[job.state as keyof typeof said];
  return {
    description: joined(
      words,
      `${over} trial${over === 1 ? '' : 's'}`,
      found,
      failed > 0 ? `${failed} failed` : undefined,
      age,
      ago(job.ended ?? job.modified, now),
    ),
    icon,
    color,
    capabilities: can,
  };
}

/** `0.0123 · learning-rate=0.01 batch-size=64`; the best one of its tuning job has a star. */
export function trialRow(
  job: ResourceOf<'training-job'>,
  tuning: TuningJobDetail | undefined,
  detail: TrainingJobDetail | undefined,
  now: Date,
): Row {
  const { icon, color, capabilities } = trainingJobRow(job, detail, undefined, now);
  const { objective, hyperparameters = {}, failure } = job.trial ?? {};
  const values = Object.entries(hyperparameters).map(([name, value]) => `${name}=${tunedValue(value)}`);
  const isBest = tuning?.best?.arn === job.arn;
  const age = duration((job.ended ?? now).getTime() - (job.trial?.started ?? job.created).getTime());
  const said = {
    InProgress: age,
    Stopping: 'stopping',
    Completed: objective === undefined ? 'no objective' : undefined,
    Failed: failure === undefined ? 'failed' : firstSentence(failure),
    Stopped: 'stopped',
  }[job.state];
  const value = objective === undefined ? undefined : metricValue(objective);
  return {
    description: joined(isBest ? `best ${value ?? ''}`.trim() : value, values.join(' '), said),
    icon: isBest ? 'star-full' : icon,
    color,
    capabilities,
  };
}

/** What tells a trial from its siblings. */
export function trialLabel(trial: string, tuningJob: string): string {
  return trial.startsWith(`${tuningJob}-`) ? trial.slice(tuningJob.length + 1) : trial;
}

const trialName = /^(.+)-(\d{3,}-[0-9a-f]{8})$/;

/**
 * `…-003-1a2b3c4d` for a training job that shares all before it with another one, or with a tuning job that is known;
 * else its name.
 */
export function shortTrial(
  name: string,
  siblings: readonly { readonly name: string }[],
  inventory: Pick<Inventory, 'find'>,
): string {
  const [, stem, end] = trialName.exec(name) ?? [];
  if (stem === undefined) return name;
  const isShared =
    tuningJobOf(name, inventory) !== undefined ||
    siblings.some(
      (other) => other.name.startsWith(stem) && other.name !== name && trialName.exec(other.name)?.[1] === stem,
    );
  return isShared ? `…-${end}` : name;
}

/**
 * The tuning job that a training job is a trial of, by its name: ListTrainingJobs does not say. SageMaker calls trials
 * `<tuning job>-001-<8 hex digits>`; only names of tuning jobs that are known count.
 */
export function tuningJobOf(name: string, inventory: Pick<Inventory, 'find'>): string | undefined {
  const [, tuningJob] = trialName.exec(name) ?? [];
  return tuningJob === undefined ? undefined : inventory.find('tuning-job', tuningJob)?.name;
}
