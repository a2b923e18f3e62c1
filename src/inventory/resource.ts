import type { EndpointDetail, EndpointSummary } from '../aws/gateways/endpoints.js';
import type { ModelSummary } from '../aws/gateways/models.js';
import type { TrainingJobDetail, TrainingJobSummary } from '../aws/gateways/trainingJobs.js';

/** What exists in the cloud, as List tells it. */
export type Resource =
  | ({ readonly kind: 'training-job' } & TrainingJobSummary)
  | ({ readonly kind: 'model' } & ModelSummary)
  | ({ readonly kind: 'endpoint' } & EndpointSummary);
export type Kind = Resource['kind'];
export type ResourceOf<K extends Kind> = Extract<Resource, { readonly kind: K }>;

/** The kinds of which Describe tells more than List. */
export type Described = 'training-job' | 'endpoint';
/** What Describe tells. */
export type DetailOf<K extends Kind> = K extends 'training-job'
  ? TrainingJobDetail
  : K extends 'endpoint'
    ? EndpointDetail
    : never;

export const kinds: readonly Kind[] = ['training-job', 'endpoint', 'model'];

/** Whether it is on its way from one state to another, and so worth asking after. */
export function isMoving(resource: Resource): boolean {
  switch (resource.kind) {
    case 'training-job':
      return resource.state === 'InProgress' || resource.state === 'Stopping';
    case 'endpoint':
      return ['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'].includes(resource.state);
    case 'model':
      return false;
  }
}

/** The resource as Describe's answer has it. */
export function asDescribed(resource: ResourceOf<Described>, detail: DetailOf<Described>): ResourceOf<Described> {
  if (resource.kind === 'training-job' && 'phases' in detail) {
    const { state, ended, phases } = detail;
    return { ...resource, state, ended, phase: phases.at(-1)?.status };
  }
  if (resource.kind === 'endpoint' && 'config' in detail) {
    const { state, modified } = detail;
    return { ...resource, state, modified };
  }
  throw new TypeError(`${resource.kind} ${resource.name} has the details of something else.`);
}
