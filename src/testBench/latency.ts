import type { Latency, LatencyPart } from './reply.js';

/** Times of one request, in milliseconds. */
export interface Timing {
  readonly total: number;
  /** Undefined milliseconds: nothing was started. */
  readonly start?: { readonly name: string; readonly milliseconds: number | undefined };
  /** What ran, and how long. */
  readonly code?: readonly [name: string, milliseconds: number];
  readonly rest?: string;
}

/** The parts of a time, which sum to it. What was started before the request (provisioned) is not in its time. */
export function parts({ total, start, code, rest = 'service and network' }: Timing): Latency {
  if (!code) return { total, parts: [{ part: 'rest', name: rest, milliseconds: total }] };
  const [name, milliseconds] = code;
  const started = start?.milliseconds;
  const known: LatencyPart[] = [{ part: 'code', name, milliseconds: Math.min(milliseconds, total) }];
  const cold = started !== undefined && started + milliseconds <= total;
  if (start && cold) known.unshift({ part: 'start', name: start.name, milliseconds: started });
  const left = known.reduce((sum, each) => sum - each.milliseconds, total);
  return { total, parts: [...known, { part: 'rest', name: rest, milliseconds: left }], cold };
}
