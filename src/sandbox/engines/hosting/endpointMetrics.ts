import type { Clock } from '../../clock.js';
import type { MetricSink } from '../../services/ports.js';

export interface InvocationFigures {
  readonly endpoint: string;
  readonly variant: string;
  /** How many instances the variant has. */
  readonly instances: number;
  /** The container's HTTP status; 0 when it gave none. */
  readonly status: number;
  /** Milliseconds, to the container and back. */
  readonly modelMs: number;
  /** Milliseconds that the service itself took. */
  readonly overheadMs: number;
}

/** One invocation as SageMaker tells CloudWatch of it: errors are 0 or 1 for each request, latencies microseconds. */
export function recordInvocation(metrics: MetricSink, clock: Clock, figures: InvocationFigures): void {
  const { endpoint, variant, instances, status, modelMs, overheadMs } = figures;
  const values = {
    Invocations: 1,
    InvocationsPerInstance: 1 / instances,
    ModelLatency: Math.round(modelMs * 1000),
    OverheadLatency: Math.round(overheadMs * 1000),
    Invocation4XXErrors: Number(status >= 400 && status < 500),
    Invocation5XXErrors: Number(status >= 500),
    InvocationModelErrors: Number(status < 200 || status >= 300),
  };
  const at = clock.now();
  const dimensions = { EndpointName: endpoint, VariantName: variant };
  for (const [name, value] of Object.entries(values)) metrics.record('AWS/SageMaker', dimensions, name, value, at);
}
