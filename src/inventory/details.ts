import { isConnectionLoss, isNotFound } from '../aws/errors.js';
import type { Clock } from '../core/clock.js';
import { type Link, restingFactor } from './collection.js';
import { asDescribed, type Described, type DetailOf, type Kind, type ResourceOf } from './resource.js';
import { describers } from './sources.js';

interface Known {
  /** What the resource was like when it was asked. */
  readonly version: string;
  readonly value: DetailOf<Described> | undefined;
  /** When it was asked last; Infinity while it is. */
  readonly askedAt: number;
  /** Why there was no answer. */
  readonly error: unknown;
}

/** The version of what has to be asked for again. */
const forgotten = '';

/** Who is told what Describe says. */
interface Listener {
  changed(kind: Described, arn: string): void;
  gone(kind: Described, arn: string): void;
  /** The error of a call that any other would have as well. */
  lost(link: Link, error: unknown): void;
}

/** What Describe has said, by the ARNs of what it was asked for. */
export class Details {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly clock: Clock,
    private readonly listener: Listener,
  ) {}

  of<K extends Described>(resource: ResourceOf<K>): DetailOf<K> | undefined {
    const described: ResourceOf<Described> = resource;
    return this.known.get(described.arn)?.value as DetailOf<K> | undefined;
  }

  /** Why there was no answer when it was asked last. */
  errorOf({ arn }: ResourceOf<Described>): unknown {
    return this.known.get(arn)?.error;
  }

  clear(): void {
    this.known.clear();
  }

  /** They stay until they are asked for again, which they are by the next who looks. */
  forget(resources: readonly ResourceOf<Described>[]): void {
    for (const { arn } of resources) {
      const known = this.known.get(arn);
      if (known) this.known.set(arn, { ...known, version: forgotten });
    }
  }

  /** In the background, unless it was asked already and nothing can have changed. */
  ask(link: Link, resource: ResourceOf<Described>): void {
    if (this.isOld(resource, link)) void this.describe(link, resource);
  }

  /**
   * What no List call of a poll shows: each by a Describe, those first that were asked the longest time ago. No more than
   * half of what the token bucket lets through until the next poll, so that what somebody waits for does not queue behind.
   */
  askAfter(
    link: Link,
    resources: readonly ResourceOf<Kind>[],
    replace: (before: ResourceOf<Described>, now: ResourceOf<Described>) => void,
  ): void {
    const { describe, listsPerSecond } = link.cloud.connection.intervals;
    const askedAt = ({ arn }: ResourceOf<Kind>) => this.known.get(arn)?.askedAt ?? 0;
    const due = resources
      .filter((resource) => resource.kind !== 'model')
      .filter((resource) => this.clock.now() - askedAt(resource) >= describe)
      .sort((a, b) => askedAt(a) - askedAt(b));
    const most = Math.ceil(((describe / 1000) * listsPerSecond) / 2);
    for (const resource of due.slice(0, most)) {
      void this.describe(link, resource, (now) => replace(resource, now));
    }
  }

  /** Whether Describe may have something new to say. One that failed is given as long as a poll. */
  private isOld(resource: ResourceOf<Described>, { cloud }: Link): boolean {
    const known = this.known.get(resource.arn);
    if (!known) return true;
    if (known.askedAt === Infinity) return false;
    if (known.version !== versionOf(resource)) return true;
    // Where the aliases of a function point is in no List.
    const resting = resource.kind === 'function' ? restingFactor : Infinity;
    const factor = known.error === undefined ? resting : 1;
    return this.clock.now() >= known.askedAt + cloud.connection.intervals.describe * factor;
  }

  /** @param unlisted takes its state, where no List call tells it */
  private async describe(
    link: Link,
    resource: ResourceOf<Described>,
    unlisted?: (now: ResourceOf<Described>) => void,
  ): Promise<void> {
    const { cloud, signal, describes } = link;
    const { kind, arn, name } = resource;
    const version = versionOf(resource);
    const before = this.known.get(arn)?.value;
    this.known.set(arn, { version, value: before, askedAt: Infinity, error: undefined });
    let askedAt = this.clock.now();
    let value: DetailOf<Described> | undefined;
    try {
      await describes.take(signal);
      askedAt = this.clock.now();
      value = await describers[kind](cloud, name, signal);
      signal.throwIfAborted();
    } catch (error) {
      if (signal.aborted) return;
      this.known.delete(arn);
      if (isNotFound(error)) this.listener.gone(kind, arn);
      else if (isConnectionLoss(error, cloud.connection)) this.listener.lost(link, error);
      else {
        // The row goes without it, or with what it had.
        this.known.set(arn, { version, value: before, askedAt, error });
        this.listener.changed(kind, arn);
      }
      return;
    }
    if (!value) {
      this.known.delete(arn);
      return this.listener.gone(kind, arn);
    }
    const now = unlisted ? asDescribed(resource, value) : resource;
    // What was changed while it was asked may be missing in the answer.
    const isOld = this.known.get(arn)?.version === forgotten;
    this.known.set(arn, { version: isOld ? forgotten : versionOf(now), value, askedAt, error: undefined });
    unlisted?.(now);
    this.listener.changed(kind, arn);
  }
}

/** What Describe may say anew of: of a tuning job also when a trial has ended. */
function versionOf(resource: ResourceOf<Described>): string {
  const { modified } = resource;
  const state = 'state' in resource ? resource.state : '';
  const trials = resource.kind === 'tuning-job' ? JSON.stringify(resource.trials) : '';
  return `${state} ${modified.getTime()} ${trials}`;
}
