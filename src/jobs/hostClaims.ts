import { MetricScraper } from '../container/metrics.js';
import type { LogLine } from '../logs/followLog.js';

/** A line of the log, as evidence is shown: `algo-2: …`. */
interface Claim {
  readonly host: string;
  readonly line: string;
}

/** What the hosts of a job say of themselves and of each other. */
export interface Claims {
  /** What each rank read: how many samples, of how many, and a digest of their names. */
  readonly samples: readonly (Claim & { readonly count: number; readonly of: number; readonly digest: string })[];
  /** What each rank ended with. */
  readonly weights: readonly (Claim & { readonly digest: string; readonly world: number })[];
  /** How many processes there are, as a process knows. */
  readonly worlds: readonly (Claim & { readonly world: number })[];
  /** Files of the model that several hosts wrote. */
  readonly clashes: readonly (Claim & { readonly writers: number })[];
  /** Hosts that printed values of the job's metrics. */
  readonly metricHosts: ReadonlySet<string>;
  /** Whether the log is the sandbox's, which tells of clashes. */
  readonly sandbox: boolean;
}

const patterns = {
  samples: /\bsamples=(\d+) of=(\d+) samples_sha256=([0-9a-f]+)/,
  weights: /\bweights_sha256=([0-9a-f]+) rank=\d+ world=(\d+)/,
  /** torch.distributed's own words (distributed_c10d.py _store_based_barrier), and NCCL's (init.cc, NCCL_DEBUG=INFO). */
  worlds: [
    /\bworld(?:_size)?=(\d+)/,
    /store-based barrier .*with (\d+) (?:nodes|clients)/,
    /NCCL INFO .*\bnranks (\d+)/,
  ],
  clash: /^\[sagemaker-sandbox\] model\/\S+ was written by (algo-[\d, a-z-]+), with/,
  sandbox: /^\[sagemaker-sandbox\] /,
};

/**
 * Reads a job's log once. A rank speaks once: where it has spoken twice, because a spot instance was taken away, the last
 * word counts.
 */
export function claimsOf(
  lines: readonly Pick<LogLine, 'host' | 'message'>[],
  metrics: readonly { readonly name: string; readonly regex: string }[],
): Claims {
  const samples = new Map<string, Claims['samples'][number]>();
  const weights = new Map<string, Claims['weights'][number]>();
  const worlds = new Map<string, Claims['worlds'][number]>();
  const clashes: Claims['clashes'][number][] = [];
  const metricHosts = new Set<string>();
  let sandbox = false;
  const scraper = new MetricScraper(metrics, () => undefined);
  for (const { host, message } of lines) {
    const claim = { host, line: `${host}: ${message}` };
    if (patterns.sandbox.test(message)) {
      sandbox = true;
      const writers = patterns.clash.exec(message)?.[1]?.split(', ').length;
      if (writers !== undefined) clashes.push({ ...claim, writers });
      continue;
    }
    const rank = `${host} ${/\brank=(\d+)/.exec(message)?.[1] ?? ''}`;
    const [, count, of, read] = patterns.samples.exec(message) ?? [];
    if (read) samples.set(rank, { ...claim, count: Number(count), of: Number(of), digest: read });
    const [, digest, all] = patterns.weights.exec(message) ?? [];
    if (digest) weights.set(rank, { ...claim, digest, world: Number(all) });
    const world = patterns.worlds.map((pattern) => pattern.exec(message)?.[1]).find((number) => number !== undefined);
    if (world !== undefined) worlds.set(rank, { ...claim, world: Number(world) });
    if (!metricHosts.has(host) && scraper.scan([message]).length > 0) metricHosts.add(host);
  }
  return {
    samples: [...samples.values()],
    weights: [...weights.values()],
    worlds: [...worlds.values()],
    clashes,
    metricHosts,
    sandbox,
  };
}
