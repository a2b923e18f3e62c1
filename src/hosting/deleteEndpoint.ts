import type { Mutate } from '../aws/change.js';
import type { Cloud } from '../aws/cloud.js';
import { findEndpoint, untilGone } from './deploy.js';

/**
 * Deletes an endpoint, its configuration and its models, in this order: each needs the next one until it is gone
 * (aws/sagemaker-python-sdk#447: the endpoint alone left the others behind). The archives in S3 stay; they are returned.
 */
export async function deleteEndpoint(
  cloud: Pick<Cloud, 'connection' | 'endpoints' | 'models'>,
  mutate: Mutate,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly config: string; readonly models: readonly string[] } | undefined> {
  const endpoint = await findEndpoint(cloud, name, signal);
  if (!endpoint) return undefined;
  const { config } = endpoint;
  const models = await cloud.endpoints.models(config, signal);
  await mutate(cloud.endpoints.delete(name));
  await untilGone(cloud, name, signal);
  await deleteReplaced(cloud, mutate, { config, models });
  return { config, models };
}

/** Deletes a configuration that serves nothing any more, and its models. */
export async function deleteReplaced(
  cloud: Pick<Cloud, 'endpoints' | 'models'>,
  mutate: Mutate,
  { config, models }: { readonly config: string; readonly models: readonly string[] },
): Promise<void> {
  await mutate(cloud.endpoints.deleteConfig(config));
  for (const model of models) await mutate(cloud.models.delete(model));
}
