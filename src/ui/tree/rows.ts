import type { EndpointDetail } from '../../aws/gateways/endpoints.js';
import type { TrainingJobDetail } from '../../aws/gateways/trainingJobs.js';
import type { Capability } from '../../contributions.js';
import { estimateEndpoint, usd } from '../../costs/estimate.js';
import { isMoving, type Resource, type ResourceOf } from '../../inventory/resource.js';
import type { RunRecord } from '../../launch/runRecord.js';
import { ago, chiefResult, duration, firstSentence } from '../words.js';

/** What a row says and can do, without VS Code. Prices are what it costs on AWS, whichever cloud it runs in. */
export interface Row {
  readonly description: string;
  /** A codicon, and the colour that means something. */
  readonly icon: string;
  readonly color: 'running' | 'passed' | 'failed' | 'none';
  readonly capabilities: readonly Capability[];
}

/** @param tuningJob of which it is a trial */
export function trainingJobRow(
  job: ResourceOf<'training-job'>,
  detail: TrainingJobDetail | undefined,
  record: RunRecord | undefined,
  now: Date,
  tuningJob?: string,
): Row {
  const trialOf = tuningJob === undefined ? undefined : `trial of ${tuningJob}`;
  const always: Capability[] = [
    'watchable',
    'hasLog',
    'hasOutput',
    'hasArn',
    ...(record ? (['hasEntry'] as const) : []),
  ];
  const age = duration((job.ended ?? now).getTime() - job.created.getTime());
  if (isMoving(job)) {
    const price = detail && estimateEndpoint(detail.instance);
    const phase = job.state === 'Stopping' ? 'Stopping' : (job.phase ?? 'In progress');
    return {
      description: joined(price && `${usd(price.usdPerHour)}/h`, age, phase, trialOf),
      icon: 'sync',
      color: 'running',
      capabilities: job.state === 'InProgress' ? [...always, 'stoppable'] : always,
    };
  }
  const when = ago(job.ended ?? job.modified, now);
  if (job.state === 'Completed') {
    const result = record
      ? chiefResult(record)
      : detail && chiefResult({ results: { metrics: { ...detail.metrics } } });
    return {
      description: joined(result, age, when, trialOf),
      icon: 'pass',
      color: 'passed',
      capabilities: [...always, 'deployable'],
    };
  }
  const failure = detail?.failure ?? record?.failure;
  return job.state === 'Failed'
    ? {
        description: joined(failure && firstSentence(failure), 'failed', age, when, trialOf),
        icon: 'error',
        color: 'failed',
        capabilities: always,
      }
    : { description: joined('stopped', age, when, trialOf), icon: 'circle-slash', color: 'none', capabilities: always };
}

export function endpointRow(endpoint: ResourceOf<'endpoint'>, detail: EndpointDetail | undefined, now: Date): Row {
  const always: Capability[] = ['hasLog', 'hasArn'];
  const price = detail && hourly(detail);
  const cost = price === undefined ? undefined : `${usd(price)}/h`;
  const age = duration(now.getTime() - endpoint.created.getTime());
  if (isMoving(endpoint)) {
    const deletable: Capability[] = endpoint.state === 'Deleting' ? [] : ['deletableEndpoint'];
    return {
      description: joined(cost, age, endpoint.state),
      icon: 'sync',
      color: 'running',
      capabilities: [...always, ...deletable],
    };
  }
  if (endpoint.state === 'InService') {
    return {
      description: joined(cost, age, 'in service'),
      icon: 'broadcast',
      color: 'passed',
      capabilities: [...always, 'testable', 'deletableEndpoint'],
    };
  }
  const failure = detail?.failure;
  return {
    description: joined(endpoint.state === 'Failed' ? 'failed' : endpoint.state, failure && firstSentence(failure)),
    icon: 'error',
    color: 'failed',
    capabilities: [...always, 'deletableEndpoint'],
  };
}

export function modelRow(model: ResourceOf<'model'>, now: Date): Row {
  return {
    description: ago(model.created, now),
    icon: 'package',
    color: 'none',
    capabilities: ['hasArn', 'deletableModel'],
  };
}

/** What all variants cost an hour; undefined when a type has no known price. */
export function hourly({ variants }: EndpointDetail): number | undefined {
  const prices = variants.map(({ instanceType: type, instances, desired }) =>
    type === undefined ? 0 : estimateEndpoint({ type, count: Math.max(instances, desired) })?.usdPerHour,
  );
  return prices.reduce((sum, price) => (sum === undefined || price === undefined ? undefined : sum + price), 0);
}

/** What a category says of itself: `1 running`, `100 shown`, `none`. */
export function categoryText(items: readonly Resource[], more: boolean, hidden: number): string {
  const moving = items.filter((item) => isMoving(item)).length;
  const serving = items.filter((item) => item.kind === 'endpoint' && item.state === 'InService').length;
  return joined(
    moving > 0 ? `${moving} running` : undefined,
    serving > 0 ? `${serving} in service` : undefined,
    hidden > 0
      ? `${items.length - hidden} of ${items.length} shown`
      : more
        ? `${items[0]?.kind === 'function' ? '' : 'newest '}${items.length} shown`
        : undefined,
    items.length === 0 ? 'none' : undefined,
  );
}

export interface Filter {
  readonly name: string;
  readonly state: string | undefined;
}

export function matches(resource: Resource, { name, state }: Filter): boolean {
  const states = 'state' in resource ? resource.state : '';
  return resource.name.toLowerCase().includes(name.toLowerCase()) && (state === undefined || states === state);
}

export function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}
