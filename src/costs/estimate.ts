import { instanceType, priceBasis } from './instanceTypes.js';

/** What something will cost, as far as a static table can know. Storage and transfer are not in it. */
export interface Estimate {
  readonly usdPerHour: number;
  /** For what ends by itself: the most it can cost. */
  readonly maximumUsd?: number;
}

export interface Instances {
  readonly type: string;
  readonly count: number;
}

/** `2 × ml.m5.xlarge` */
export function describeInstances({ type, count }: Instances): string {
  return `${count} × ${type}`;
}

/** SageMaker bills training per second and instance, at most until `maxRuntime` (seconds). */
export function estimateTraining(instances: Instances, maxRuntime: number): Estimate | undefined {
  const running = estimateEndpoint(instances);
  return running && { ...running, maximumUsd: (running.usdPerHour * maxRuntime) / 3600 };
}

/** How long a search can go on: trials, and seconds. */
export interface SearchLimits {
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
  /** Of each trial. */
  readonly maxRuntime: number;
  /** Of the whole search. */
  readonly maxTuningRuntime?: number | undefined;
}

/** While it runs, a search has as many trials' instances as it tries at a time. */
export function estimateTuning(
  { type, count }: Instances,
  { maxJobs, maxParallelJobs, maxRuntime, maxTuningRuntime = Infinity }: SearchLimits,
): Estimate | undefined {
  const trial = estimateTraining({ type, count }, maxRuntime);
  if (trial?.maximumUsd === undefined) return undefined;
  const usdPerHour = trial.usdPerHour * maxParallelJobs;
  const maximumUsd = Math.min(trial.maximumUsd * maxJobs, (usdPerHour * maxTuningRuntime) / 3600);
  return { usdPerHour, maximumUsd };
}

/** The longest that a search can go on, in seconds. */
export function longestSearch({ maxJobs, maxParallelJobs, maxRuntime, maxTuningRuntime }: SearchLimits): number {
  return Math.min(Math.ceil(maxJobs / maxParallelJobs) * maxRuntime, maxTuningRuntime ?? Infinity);
}

/** An endpoint costs this until it is deleted, used or not. Undefined for a type without a known price. */
export function estimateEndpoint({ type, count }: Instances): Estimate | undefined {
  const price = instanceType(type)?.usdPerHour;
  return price === undefined ? undefined : { usdPerHour: price * count };
}

/** For a person: `about $0.23/h, at most $5.52 (estimate: on-demand in us-east-1, table of 2026-11-22)`. */
export function describeEstimate(estimate: Estimate | undefined): string {
  if (!estimate) return 'price unknown';
  const maximum = estimate.maximumUsd === undefined ? '' : `, at most ${usd(estimate.maximumUsd)}`;
  return `about ${usd(estimate.usdPerHour)}/h${maximum} (estimate: ${priceBasis})`;
}

/** Cents, and more digits only where a price has them: $0.23, $0.115, $0.0042. */
export function usd(amount: number): string {
  const digits = [2, 3, 4].find((count) => Math.abs(amount - Number(amount.toFixed(count))) < 1e-9) ?? 2;
  return `$${amount.toFixed(amount < 1 ? digits : 2)}`;
}
