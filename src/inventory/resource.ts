import type { EndpointSummary } from '../aws/gateways/endpoints.js';
import type { ModelSummary } from '../aws/gateways/models.js';
import type { TrainingJobSummary } from '../aws/gateways/trainingJobs.js';

/** What exists in the cloud, as List tells it. */
export type Resource =
  | ({ readonly kind: 'training-job' } & TrainingJobSummary)
  | ({ readonly kind: 'model' } & ModelSummary)
  | ({ readonly kind: 'endpoint' } & EndpointSummary);
export type Kind = Resource['kind'];
export type ResourceOf<K extends Kind> = Extract<Resource, { readonly kind: K }>;

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
