import { messageOf } from '../../../core/errors.js';
import type { Clock } from '../../clock.js';
import type { HostingEngine } from '../../engines/hosting.js';
import type { Collection } from '../../store/store.js';
import type { TemporaryKeys } from '../ports.js';
import { type Deployment, type EndpointRecord, settled, withStatus } from './endpointRecord.js';

export interface DeploymentsOptions {
  readonly endpoints: Collection<EndpointRecord>;
  readonly engine: HostingEngine;
  readonly clock: Clock;
  readonly region: string;
  readonly keys: (roleArn: string, endpointArn: string) => TemporaryKeys;
  /** After an endpoint's record is gone. */
  readonly deleted: (endpoint: EndpointRecord) => void;
}

/** Brings the engine to what the records say, and keeps the records as it goes. */
export class Deployments {
  private readonly endpoints: Collection<EndpointRecord>;
  private readonly changes = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly options: DeploymentsOptions) {
    this.endpoints = options.endpoints;
  }

  /**
   * Takes up what an earlier process left. Endpoints that served come back, as SystemUpdating until they answer; an
   * update that was under way is given up; what was being created or deleted goes on.
   */
  recover(): void {
    for (const endpoint of this.endpoints.values()) {
      if (endpoint.status === 'Failed') continue;
      if (endpoint.status === 'Deleting') this.remove(endpoint);
      else if (endpoint.status === 'Creating') this.create(endpoint);
      else this.bringBack(endpoint);
    }
  }

  create(endpoint: EndpointRecord): void {
    this.track(endpoint.name, async () => {
      try {
        await this.apply(endpoint, endpoint.live);
        this.change(endpoint.name, (record) => withStatus(record, 'InService', this.now()));
      } catch (error) {
        this.change(endpoint.name, (record) => withStatus(record, 'Failed', this.now(), messageOf(error)));
      }
    });
  }

  /** When it fails, the endpoint serves on as before and says why (aws-controllers-k8s/sagemaker-controller#7). */
  update(endpoint: EndpointRecord, next: Deployment): void {
    this.put({ ...withStatus(endpoint, 'Updating', this.now()), pending: { ...next, since: this.now() } });
    this.track(endpoint.name, async () => {
      try {
        await this.apply(endpoint, next);
        this.change(endpoint.name, (record) => withStatus(settled(record, next), 'InService', this.now()));
      } catch (error) {
        this.change(endpoint.name, (record) =>
          withStatus(settled(record, record.live), 'InService', this.now(), messageOf(error)),
        );
      }
    });
  }

  remove(endpoint: EndpointRecord): void {
    this.put(withStatus(endpoint, 'Deleting', this.now()));
    this.track(endpoint.name, async () => {
      await this.options.engine.remove(endpoint.name);
      this.endpoints.delete(endpoint.name);
      this.options.deleted(endpoint);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.options.engine.close();
    await Promise.all(this.changes);
  }

  private bringBack(endpoint: EndpointRecord): void {
    const interrupted = endpoint.pending && 'The sandbox ended during the update. Update the endpoint again.';
    this.put(withStatus(settled(endpoint, endpoint.live), 'SystemUpdating', this.now()));
    this.track(endpoint.name, async () => {
      try {
        await this.apply(endpoint, endpoint.live);
        this.change(endpoint.name, (record) => withStatus(record, 'InService', this.now(), interrupted));
      } catch (error) {
        this.change(endpoint.name, (record) => withStatus(record, 'Failed', this.now(), messageOf(error)));
      }
    });
  }

  private apply({ name, arn }: EndpointRecord, { variants }: Deployment): Promise<void> {
    return this.options.engine.apply({
      name,
      region: this.options.region,
      variants: variants.map(({ model: { roleArn, ...model }, ...variant }) => ({
        ...variant,
        model: { ...model, keys: () => this.options.keys(roleArn, arn) },
      })),
    });
  }

  /** Lays a change over the record as it is now; a record that is gone, or being deleted, is left alone. */
  private change(name: string, next: (record: EndpointRecord) => EndpointRecord): void {
    const record = this.endpoints.get(name);
    // What ends because the sandbox goes down is taken up at the next start.
    if (record && record.status !== 'Deleting' && !this.closed) this.put(next(record));
  }

  private track(name: string, work: () => Promise<void>): void {
    const change = work().catch((error: unknown) => {
      const record = this.endpoints.get(name);
      if (record && !this.closed) this.put(withStatus(record, 'Failed', this.now(), messageOf(error)));
    });
    this.changes.add(change);
    void change.finally(() => this.changes.delete(change));
  }

  private put(endpoint: EndpointRecord): void {
    this.endpoints.put(endpoint.name, endpoint);
  }

  private now(): Date {
    return this.options.clock.now();
  }
}
