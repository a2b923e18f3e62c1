import type { Clock } from '../../clock.js';
import type { MetricSink } from '../../services/ports.js';

/** Whose invocation it is. */
export interface Invoked {
  readonly functionName: string;
  /** As the caller named it. */
  readonly qualifier: string | undefined;
  /** Which ran. */
  readonly version: string;
}

/** Tells CloudWatch of invocations what Lambda tells of them (developer guide, "Types of metrics for Lambda functions"). */
export class FunctionMetrics {
  /** Invocations that run, by the dimensions that count them. */
  private readonly concurrent = new Map<string, number>();

  constructor(
    private readonly sink: MetricSink,
    private readonly clock: Clock,
  ) {}

  throttled(invoked: Invoked): void {
    this.record(invoked, { Throttles: 1 });
  }

  /** @param provisioned how it stands with what is provisioned for the qualifier, if anything is. */
  began(invoked: Invoked, provisioned: { readonly served: boolean; readonly utilization: number } | undefined): void {
    for (const dimensions of dimensionsOf(invoked)) {
      const key = JSON.stringify(dimensions);
      const count = (this.concurrent.get(key) ?? 0) + 1;
      this.concurrent.set(key, count);
      this.put(dimensions, { ConcurrentExecutions: count });
    }
    if (!provisioned) return;
    const { served, utilization } = provisioned;
    this.record(invoked, {
      [served ? 'ProvisionedConcurrencyInvocations' : 'ProvisionedConcurrencySpilloverInvocations']: 1,
    });
    const { functionName, qualifier } = invoked;
    const resource = { FunctionName: functionName, Resource: `${functionName}:${qualifier}` };
    this.put(resource, { ProvisionedConcurrencyUtilization: utilization });
  }

  ended(invoked: Invoked, result: { readonly durationMs: number; readonly error: boolean } | undefined): void {
    for (const dimensions of dimensionsOf(invoked)) {
      const key = JSON.stringify(dimensions);
      const count = (this.concurrent.get(key) ?? 1) - 1;
      if (count > 0) this.concurrent.set(key, count);
      else this.concurrent.delete(key);
    }
    if (!result) return;
    this.record(invoked, {
      ...{ Invocations: 1, Errors: Number(result.error), Throttles: 0 },
      Duration: Number(result.durationMs.toFixed(2)),
    });
  }

  private record(invoked: Invoked, values: Readonly<Record<string, number>>): void {
    for (const dimensions of dimensionsOf(invoked)) this.put(dimensions, values);
  }

  private put(dimensions: Readonly<Record<string, string>>, values: Readonly<Record<string, number>>): void {
    const at = this.clock.now();
    for (const [name, value] of Object.entries(values)) this.sink.record('AWS/Lambda', dimensions, name, value, at);
  }
}

/** Across all functions, by function name, by resource, and of an alias by the version that ran. */
function dimensionsOf({ functionName, qualifier, version }: Invoked): Record<string, string>[] {
  const resource = {
    FunctionName: functionName,
    Resource: qualifier === undefined ? functionName : `${functionName}:${qualifier}`,
  };
  const alias = qualifier !== undefined && qualifier !== version;
  return [{}, { FunctionName: functionName }, resource, ...(alias ? [{ ...resource, ExecutedVersion: version }] : [])];
}
