import type { Cloud } from '../aws/cloud.js';
import { isAccessDenied, isNotFound } from '../aws/errors.js';
import type { Page } from '../aws/page.js';
import type { Source } from './collection.js';
import { InAnyOrder } from './inAnyOrder.js';
import { NewestFirst } from './newestFirst.js';
import {
  asTrainingJob,
  type Described,
  type DescribedFunction,
  type DetailOf,
  type Kind,
  type ResourceOf,
} from './resource.js';

/** Where each kind is listed. An endpoint may change at any age, so what it is read by has no lower end. */
export const sources: { readonly [K in Exclude<Kind, 'function'>]: Source<K> } = {
  'tuning-job': {
    known: () => new NewestFirst(true),
    list: async ({ cloud, signal }, request) => ofKind('tuning-job', await cloud.tuningJobs.list(request, signal)),
  },
  'training-job': {
    known: () => new NewestFirst(true),
    list: async ({ cloud, signal }, request) => ofKind('training-job', await cloud.trainingJobs.list(request, signal)),
  },
  endpoint: {
    known: () => new NewestFirst(false),
    list: async ({ cloud, signal }, request) => ofKind('endpoint', await cloud.endpoints.list(request, signal)),
  },
  model: {
    known: () => new NewestFirst(true),
    list: async ({ cloud, signal }, request) => ofKind('model', await cloud.models.list(request, signal)),
  },
};

/** @param isMoving what Describe said: List does not tell of states */
export function functions(isMoving: (resource: ResourceOf<'function'>) => boolean): Source<'function'> {
  return {
    known: () => new InAnyOrder(),
    isMoving,
    list: async ({ cloud, signal }, request) => ofKind('function', await cloud.functions.list(request, signal)),
  };
}

/** Where each kind is described. Undefined where it is gone. */
export const describers: {
  readonly [K in Described]: (cloud: Cloud, name: string, signal: AbortSignal) => Promise<DetailOf<K> | undefined>;
} = {
  'tuning-job': ({ tuningJobs }, name, signal) => tuningJobs.describe(name, signal),
  'training-job': ({ trainingJobs }, name, signal) => trainingJobs.describe(name, signal),
  endpoint: ({ endpoints }, name, signal) => endpoints.detail(name, signal),
  function: async ({ functions, logs }, name, signal) => {
    const found = await functions.describe(name, signal);
    return found && { ...found, lastError: await lastError(logs, found.logGroup, signal) };
  },
};

/** What Python's runtime and Lambda itself write when a call fails (AWS Lambda Developer Guide, "Troubleshooting"). */
const errors = '?"[ERROR]" ?"Task timed out" ?"Runtime exited" ?"Runtime.ExitError"';
const lookingBack = 3_600_000;

/** One page: who has more log than that in an hour is told of its oldest errors only, or of none. */
async function lastError(
  logs: Cloud['logs'],
  group: string,
  signal: AbortSignal,
): Promise<DescribedFunction['lastError']> {
  const since = new Date(Date.now() - lookingBack);
  try {
    return (await logs.search({ group, since, pattern: errors }, signal)).items.at(-1);
  } catch (error) {
    // Who may look at functions may not always look at their logs.
    if (isAccessDenied(error)) return 'unknown';
    throw error;
  }
}

/**
 * The trials of a tuning job. ListTrainingJobsForHyperParameterTuningJob cannot be asked for what was created lately.
 * @param told.gone the tuning job was deleted behind our back
 */
export function trialsOf(
  job: Pick<ResourceOf<'tuning-job'>, 'name'>,
  told: { isLive(): boolean; gone(): void },
): Source<'training-job'> {
  return {
    known: () => new NewestFirst(false),
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
