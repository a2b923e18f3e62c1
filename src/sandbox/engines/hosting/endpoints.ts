import { endpointNotFound, modelError, failureReason, pingFailed } from '../../../container/inferenceMessages.js';
import type { Clock } from '../../clock.js';
import { ServiceError } from '../../protocol/service.js';
import type { MetricSink } from '../../services/ports.js';
import type { Settings } from '../../settings.js';
import { recordInvocation } from './endpointMetrics.js';
import type { EndpointSpec, HostingEngine, Invocation, InvocationAnswer, VariantSpec } from '../hosting.js';
import { type ModelServer, NotServing } from './modelServer.js';

/** Makes the instances of a variant. */
export interface InstanceFactory {
  /**
   * What a variant is made of, bytes of its model included: instances of equal fingerprints can stand for each other.
   * @throws {Error} whose message is the endpoint's FailureReason: no such object, no such image.
   */
  fingerprint(variant: VariantSpec): string;
  /** Removes what a sandbox that was killed has left of the endpoint's instances; none of them is alive. */
  sweep(endpoint: string): Promise<void>;
  /** A new instance, not started. @throws {Error} whose message is the FailureReason: no archive, no Python. */
  create(endpoint: EndpointSpec, variant: VariantSpec): Promise<ModelServer>;
}

export interface HostedEndpointsOptions {
  readonly settings: Settings;
  readonly instances: InstanceFactory;
  readonly metrics: MetricSink;
  readonly clock: Clock;
  /** From 0 to 1, as Math.random: which variant gets a request. */
  readonly random: () => number;
}

interface Variant {
  readonly spec: VariantSpec;
  readonly fingerprint: string;
  readonly servers: readonly ModelServer[];
}

/** Changes of one endpoint happen one after the other; giving up ends all that are under way or wait. */
interface Changes {
  readonly givingUp: AbortController;
  readonly last: Promise<void>;
}

/** Endpoints, their variants and instances: who answers a request, and how one fleet takes over from another. */
export class HostedEndpoints implements HostingEngine {
  private readonly serving = new Map<string, readonly Variant[]>();
  private readonly changing = new Map<string, Changes>();
  /** Every instance with a process or a folder: those that serve, that start and that finish their last requests. */
  private readonly alive = new Set<ModelServer>();

  constructor(private readonly options: HostedEndpointsOptions) {}

  apply(spec: EndpointSpec): Promise<void> {
    const givingUp = this.changing.get(spec.name)?.givingUp ?? new AbortController();
    return this.inTurn(spec.name, givingUp, () => this.bring(spec, givingUp.signal));
  }

  async invoke(endpoint: string, invocation: Invocation): Promise<InvocationAnswer> {
    const { account, region } = this.options.settings;
    const address = { account, region, endpoint };
    const received = performance.now();
    const variants = this.serving.get(endpoint);
    if (!variants) throw new ServiceError('ValidationError', endpointNotFound(address));
    const variant = this.choose(variants, endpoint, invocation.targetVariant);
    const server = leastBusy(variant.servers);
    if (!server) throw new ServiceError('ServiceUnavailable', `Variant ${variant.spec.name} has no instance.`, 503);

    const sent = performance.now();
    const { status, body, contentType, customAttributes } = await server.invoke(invocation);
    const answered = performance.now();
    recordInvocation(this.options.metrics, this.options.clock, {
      endpoint,
      variant: variant.spec.name,
      instances: variant.servers.length,
      status,
      modelMs: answered - sent,
      overheadMs: sent - received,
    });
    if (status < 200 || status >= 300) {
      const { message, members } = modelError(address, status, body);
      throw new ServiceError('ModelError', message, 424, { ...members });
    }
    return {
      body,
      contentType: contentType ?? 'application/octet-stream',
      customAttributes,
      variant: variant.spec.name,
    };
  }

  remove(endpoint: string): Promise<void> {
    this.giveUpChanges(endpoint);
    return this.inTurn(endpoint, new AbortController(), async () => {
      const servers = serversOf(this.serving.get(endpoint) ?? []);
      this.serving.delete(endpoint);
      await Promise.all(servers.map((server) => this.retire(server)));
      await this.options.instances.sweep(endpoint);
    });
  }

  async close(): Promise<void> {
    for (const endpoint of this.changing.keys()) this.giveUpChanges(endpoint);
    this.serving.clear();
    const ending = [...this.alive].map((server) => this.end(server));
    await Promise.all([...ending, ...[...this.changing.values()].map(({ last }) => last)]);
  }

  /**
   * What the endpoint has already and still wants stays; what is new starts; then, in one step, the traffic moves; then
   * what nobody wants any more finishes its requests and ends.
   */
  private async bring(spec: EndpointSpec, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const before = this.serving.get(spec.name) ?? [];
    if (before.length === 0) await this.options.instances.sweep(spec.name);
    const plan = spec.variants.map((variant) => {
      const fingerprint = this.options.instances.fingerprint(variant);
      const same = before.find((old) => old.spec.name === variant.name && old.fingerprint === fingerprint);
      return { spec: variant, fingerprint, servers: same?.servers.slice(0, variant.instanceCount) ?? [] };
    });
    const missing = plan.flatMap(({ spec: variant, servers }) =>
      Array.from({ length: variant.instanceCount - servers.length }, () => variant),
    );
    const started = await this.startTogether(spec, missing, signal);
    const variants = plan.map((variant) => ({
      ...variant,
      servers: [...variant.servers, ...started.filter(([of]) => of === variant.spec).map(([, server]) => server)],
    }));
    this.serving.set(spec.name, variants);
    const wanted = new Set(serversOf(variants));
    for (const server of serversOf(before)) if (!wanted.has(server)) void this.retire(server);
  }

  /** All of them, or none: when one cannot start, the others end, and its reason is thrown. */
  private async startTogether(
    endpoint: EndpointSpec,
    wanted: readonly VariantSpec[],
    signal: AbortSignal,
  ): Promise<(readonly [VariantSpec, ModelServer])[]> {
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const starts = wanted.map(async (variant) => {
      try {
        return [variant, await this.startInstance(endpoint, variant, stop)] as const;
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    const results = await Promise.allSettled(starts);
    const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (!stop.aborted) return started;
    await Promise.all(started.map(([, server]) => this.end(server)));
    throw stop.reason;
  }

  private async startInstance(endpoint: EndpointSpec, variant: VariantSpec, signal: AbortSignal): Promise<ModelServer> {
    signal.throwIfAborted();
    const server = await this.options.instances.create(endpoint, variant);
    this.alive.add(server);
    const giveUp = (): void => void this.end(server);
    signal.addEventListener('abort', giveUp);
    try {
      signal.throwIfAborted();
      await server.start();
      return server;
    } catch (error) {
      await this.end(server);
      if (!(error instanceof NotServing)) throw error;
      throw new Error(failureReason(pingFailed(variant.name), error.message), { cause: error });
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  private choose(variants: readonly Variant[], endpoint: string, target: string | undefined): Variant {
    if (target !== undefined) {
      const found = variants.find(({ spec }) => spec.name === target);
      if (found) return found;
      throw new ServiceError('ValidationError', `Variant ${target} of endpoint ${endpoint} not found.`);
    }
    const total = variants.reduce((sum, { spec }) => sum + spec.weight, 0);
    let point = this.options.random() * total;
    return variants.find(({ spec }) => (point -= spec.weight) < 0) ?? variants[0]!;
  }

  private inTurn(endpoint: string, givingUp: AbortController, change: () => Promise<void>): Promise<void> {
    const done = Promise.resolve(this.changing.get(endpoint)?.last).then(change);
    const changes: Changes = { givingUp, last: done.catch(() => undefined) };
    this.changing.set(endpoint, changes);
    return done.finally(() => {
      if (this.changing.get(endpoint) === changes) this.changing.delete(endpoint);
    });
  }

  private giveUpChanges(endpoint: string): void {
    this.changing.get(endpoint)?.givingUp.abort(new Error(`Endpoint ${endpoint} is being deleted.`));
  }

  private async retire(server: ModelServer): Promise<void> {
    await server.drained();
    await this.end(server);
  }

  private async end(server: ModelServer): Promise<void> {
    await server.stop();
    this.alive.delete(server);
  }
}

function serversOf(variants: readonly Variant[]): ModelServer[] {
  return variants.flatMap(({ servers }) => servers);
}

function leastBusy(servers: readonly ModelServer[]): ModelServer | undefined {
  return servers.reduce<ModelServer | undefined>(
    (best, server) => (best === undefined || server.load < best.load ? server : best),
    undefined,
  );
}
