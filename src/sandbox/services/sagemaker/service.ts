import { availableParallelism } from 'node:os';
import type { Clock } from '../../clock.js';
import type { HostingEngine } from '../../engines/hosting.js';
import type { Interruption, TrainingEngine } from '../../engines/training.js';
import type { TuningEngine } from '../../engines/tuning.js';
import type { Operation, Service } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import type { Objects } from '../../store/objects.js';
import type { Store } from '../../store/store.js';
import type { Access, LogSink, RoleKeys } from '../ports.js';
import { notImplemented } from '../refusals.js';
import { EndpointConfigs } from './endpointConfigs.js';
import { Endpoints } from './endpoints.js';
import { validation } from './errors.js';
import { ExecutionRoles } from './executionRole.js';
import { Models } from './models.js';
import { tagOperations, Tags } from './tags.js';
import { TrainingJobs } from './trainingJobs.js';
import { TuningJobs } from './tuningJobs.js';

export interface SageMakerDependencies {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly objects: Objects;
  readonly access: Access;
  readonly roleKeys: RoleKeys;
  readonly logs: LogSink;
  readonly training: TrainingEngine;
  readonly tuning: TuningEngine;
  readonly hosting: HostingEngine;
  /** The most training jobs at a time, so that the machine survives a hundred; without it, one a processor, two at least. */
  readonly concurrentJobs?: number;
}

export interface SageMaker {
  readonly service: Service;
  /** How many training and tuning jobs wait or run, endpoints are changing, and endpoints are in service. */
  activity(): { readonly jobs: number; readonly deployments: number; readonly endpoints: number };
  /** Takes the instances of a spot job away. Returns why that cannot be; undefined: it is under way. */
  interrupt(job: string, interruption: Interruption): string | undefined;
  /** Takes up what an earlier process left; once the engines can reach the server. */
  start(): void;
  /** Ends the engines, jobs and endpoints. Endpoints come back at the next start, running jobs will have failed. */
  close(): Promise<void>;
}

/** Amazon SageMaker's control plane. */
export function createSageMaker(dependencies: SageMakerDependencies): SageMaker {
  const { store, settings, access, roleKeys, concurrentJobs = Math.max(2, availableParallelism()) } = dependencies;
  const tags = new Tags(store);
  const roles = new ExecutionRoles(settings, access, roleKeys);
  const shared = { ...dependencies, tags, roles };
  const jobs = new TrainingJobs({ ...shared, engine: dependencies.training, limit: concurrentJobs });
  const tuningJobs = new TuningJobs({ ...shared, jobs, engine: dependencies.tuning });
  const models = new Models(shared);
  const configs = new EndpointConfigs({ ...shared, models });
  const endpoints = new Endpoints({ ...shared, models, configs, engine: dependencies.hosting });

  const kinds: Readonly<Record<string, (name: string) => unknown>> = {
    'training-job': (name) => jobs.get(name),
    'hyper-parameter-tuning-job': (name) => tuningJobs.get(name),
    model: (name) => models.get(name),
    'endpoint-config': (name) => configs.get(name),
    endpoint: (name) => endpoints.get(name),
  };
  const requireResource = (resourceArn: string) => {
    const own = arn(settings, 'sagemaker', '');
    if (!resourceArn.startsWith(own)) throw validation(`'${resourceArn}' is not in this account and region.`);
    const [kind = '', name = ''] = resourceArn.slice(own.length).split('/');
    const get = kinds[kind];
    if (!get) throw notImplemented(`tags of ${kind} resources`);
    get(name);
  };

  const operations: Readonly<Record<string, Operation>> = {
    ...jobs.operations(),
    ...tuningJobs.operations(),
    ...models.operations(),
    ...configs.operations(),
    ...endpoints.operations(),
    ...tagOperations(tags, requireResource),
  };
  return {
    service: { id: 'sagemaker', iamPrefix: 'sagemaker', operations },
    activity: () => ({ jobs: jobs.runs.unfinished + tuningJobs.runs.unfinished, ...endpoints.count() }),
    interrupt: (job, interruption) => jobs.interrupt(job, interruption),
    start: () => {
      jobs.runs.recover();
      tuningJobs.runs.recover(); // Their trials have been recovered.
      endpoints.deployments.recover();
    },
    close: async () => {
      await tuningJobs.runs.close(); // First: that the trials end now says nothing of them.
      await Promise.all([jobs.runs.close(), endpoints.deployments.close()]);
    },
  };
}
