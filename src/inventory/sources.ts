import type { Cloud } from '../aws/cloud.js';
import { isNotFound } from '../aws/errors.js';
import type { Page } from '../aws/page.js';
import type { Source } from './collection.js';
import { asTrainingJob, type Described, type DetailOf, type Kind, type ResourceOf } from './resource.js';

/** Where each kind is listed. An endpoint may change at any age, so what it is read by has no lower end. */
export const sources: { readonly [K in Kind]: Source<K> } = {
  'tuning-job': {
    incremental: true,
    list: async ({ cloud, signal }, request) => ofKind('tuning-job', await cloud.tuningJobs.list(request, signal)),
  },
  'training-job': {
    incremental: true,
    list: async ({ cloud, signal }, request) => ofKind('training-job', await cloud.trainingJobs.list(request, signal)),
  },
  endpoint: {
    incremental: false,
    list: async ({ cloud, signal }, request) => ofKind('endpoint', await cloud.endpoints.list(request, signal)),
  },
  model: {
    incremental: true,
    list: async ({ cloud, signal }, request) => ofKind('model', await cloud.models.list(request, signal)),
  },
};

/** Where each kind is described. */
export const describers: {
  readonly [K in Described]: (cloud: Cloud, name: string, signal: AbortSignal) => Promise<DetailOf<K>>;
} = {
  'tuning-job': ({ tuningJobs }, name, signal) => tuningJobs.describe(name, signal),
  'training-job': ({ trainingJobs }, name, signal) => trainingJobs.describe(name, signal),
  endpoint: ({ endpoints }, name, signal) => endpoints.detail(name, signal),
};

/**
 * The trials of a tuning job. ListTrainingJobsForHyperParameterTuningJob cannot be asked for what was created lately.
 * @param told.gone the tuning job was deleted behind our back
 */
export function trialsOf(
  job: Pick<ResourceOf<'tuning-job'>, 'name'>,
  told: { isLive(): boolean; gone(): void },
): Source<'training-job'> {
  return {
    incremental: false,
    isLive: () => told.isLive(),
    list: async ({ cloud, signal }, { token }) => {
      try {
        const { items, token: next } = await cloud.tuningJobs.trials(job.name, token, signal);
        return { items: items.map(asTrainingJob), token: next };
      } catch (error) {
        if (isNotFound(error) && !signal.aborted) told.gone();
        throw error;
      }
    },
  };
}

function ofKind<K extends Kind, T>(kind: K, { items, token }: Page<T>): Page<{ kind: K } & T> {
  return { items: items.map((item) => ({ kind, ...item })), token };
}
