import { setTimeout as delay } from 'node:timers/promises';
import type { Mutate } from '../aws/change.js';
import type { Cloud } from '../aws/cloud.js';
import { isNotFound } from '../aws/errors.js';
import type { Endpoint } from '../aws/gateways/endpoints.js';
import { UserError } from '../core/errors.js';
import { endpointLogGroup } from '../logs/followLog.js';
import { logTail } from '../logs/logTail.js';
import { endpointConfigRequest, type EndpointPlan, endpointRequest, modelRequest } from './hostingRequests.js';

export interface Deployment {
  readonly endpoint: Endpoint;
  /** What served before and is not needed any more: it costs nothing, and stays until it is deleted. */
  readonly replaced: { readonly config: string; readonly models: readonly string[] } | undefined;
}

export interface DeployFacts {
  readonly entry: string;
  readonly usdPerHour: number | undefined;
}

/**
 * Creates model, configuration and endpoint, or moves an existing endpoint over without losing a request, and waits
 * until it serves. An abort ends the waiting only: the endpoint goes on being made, and costs.
 * @throws {UserError} with the service's reason and the container's last lines when it does not come into service
 */
export async function deploy(
  cloud: Pick<Cloud, 'connection' | 'models' | 'endpoints' | 'logs'>,
  mutate: Mutate,
  plan: EndpointPlan,
  { entry, usdPerHour }: DeployFacts,
  observe: (endpoint: Endpoint) => void,
  signal: AbortSignal,
): Promise<Deployment> {
  const { endpoints } = cloud;
  const since = new Date();
  const before = await findEndpoint(cloud, plan.endpoint, signal);
  if (before && !['InService', 'Failed', 'UpdateRollbackFailed'].includes(before.state)) {
    throw new UserError(`Endpoint ${plan.endpoint} is ${before.state} now: wait until it is done, then deploy again.`);
  }
  await mutate(cloud.models.create(modelRequest(plan)), { entry });
  await mutate(endpoints.createConfig(endpointConfigRequest(plan)), { entry });
  const facts = { entry, ...(usdPerHour !== undefined && { usdPerHour }) };
  if (before?.state === 'InService') {
    const models = await endpoints.models(before.config, signal);
    await mutate(endpoints.update(plan.endpoint, plan.config), facts);
    const endpoint = await untilServing(cloud, plan.endpoint, since, observe, signal);
    if (![plan.config, before.config].includes(endpoint.config)) {
      throw new UserError(
        `Endpoint ${plan.endpoint} was moved on to ${endpoint.config} by another deployment: deploy again if yours is to serve.`,
      );
    }
    if (endpoint.config !== plan.config) {
      throw await deploymentFailed(
        cloud,
        endpoint,
        'could not be updated and still serves what it did before',
        since,
        signal,
      );
    }
    return { endpoint, replaced: { config: before.config, models } };
  }
  if (before) {
    // A failed endpoint cannot be updated, only made anew.
    await mutate(endpoints.delete(plan.endpoint), { entry });
    await untilGone(cloud, plan.endpoint, signal);
  }
  await mutate(endpoints.create(endpointRequest(plan)), facts);
  return { endpoint: await untilServing(cloud, plan.endpoint, since, observe, signal), replaced: undefined };
}

/** Undefined when there is no endpoint of that name. */
export async function findEndpoint(
  cloud: Pick<Cloud, 'endpoints'>,
  name: string,
  signal: AbortSignal,
): Promise<Endpoint | undefined> {
  try {
    return await cloud.endpoints.describe(name, signal);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The endpoint when nothing is under way with it any more: SageMaker itself patches instances now and then. */
export async function untilSettled(
  cloud: Pick<Cloud, 'connection' | 'endpoints'>,
  name: string,
  signal: AbortSignal,
): Promise<Endpoint | undefined> {
  for (;;) {
    const endpoint = await findEndpoint(cloud, name, signal);
    if (!endpoint || !['Creating', 'Updating', 'SystemUpdating', 'RollingBack'].includes(endpoint.state))
      return endpoint;
    await delay(cloud.connection.intervals.describe, undefined, { signal });
  }
}

async function untilServing(
  cloud: Pick<Cloud, 'connection' | 'endpoints' | 'logs'>,
  name: string,
  since: Date,
  observe: (endpoint: Endpoint) => void,
  signal: AbortSignal,
): Promise<Endpoint> {
  for (let last = ''; ; await delay(cloud.connection.intervals.describe, undefined, { signal })) {
    const endpoint = await cloud.endpoints.describe(name, signal);
    if (endpoint.state !== last) observe(endpoint);
    last = endpoint.state;
    if (endpoint.state === 'InService') return endpoint;
    if (endpoint.state === 'Failed' || endpoint.state === 'UpdateRollbackFailed' || endpoint.state === 'OutOfService') {
      throw await deploymentFailed(cloud, endpoint, 'did not come into service', since, signal);
    }
  }
}

export async function untilGone(
  cloud: Pick<Cloud, 'connection' | 'endpoints'>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  while (await findEndpoint(cloud, name, signal)) {
    await delay(cloud.connection.intervals.describe, undefined, { signal });
  }
}

/** "Did not pass the ping health check" tells nobody what to mend; the traceback in the container's log does. */
async function deploymentFailed(
  cloud: Pick<Cloud, 'logs'>,
  endpoint: Endpoint,
  what: string,
  since: Date,
  signal: AbortSignal,
): Promise<UserError> {
  const lines = await logTail(cloud.logs, endpointLogGroup(endpoint.name), since, 30, signal);
  const log = lines.length > 0 ? `\nThe last lines of its log:\n${lines.join('\n')}` : '\nIts log is empty.';
  return new UserError(`Endpoint ${endpoint.name} ${what}: ${endpoint.failure ?? 'no reason was given'}${log}`);
}
