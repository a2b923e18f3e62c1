import { spent } from '../costs/estimate.js';
import type { LogLine } from '../logs/followLog.js';
import { type Claims, claimsOf } from './hostClaims.js';

/** A job with more than one host, as Describe, its log and its data tell. */
export interface HostsRun {
  readonly hosts: number;
  /** Whether a launcher numbered the ranks (`sagemaker_torch_distributed_enabled`, MPI). */
  readonly launched: boolean;
  readonly channels: readonly HostsChannel[];
  readonly metricDefinitions: readonly { readonly name: string; readonly regex: string }[];
  readonly lines: readonly LogLine[];
  /** Undefined until the job has completed. */
  readonly took: Took | undefined;
  /** Of one instance; undefined when it is not known. */
  readonly usdPerHour: number | undefined;
}

export interface HostsChannel {
  readonly name: string;
  readonly distribution: 'FullyReplicated' | 'ShardedByS3Key';
  /** All objects of the channel together; undefined when nobody has counted them. */
  readonly bytes: number | undefined;
}

/** Seconds of each host: those that are paid for, and those of them in which the script ran, where that is known. */
export interface Took {
  readonly billed: number;
  readonly training: number | undefined;
}

/** The same training on one host of the same type, for comparison; or how to come by one. */
export type OnOneHost = { readonly name: string; readonly took: Took } | { readonly hint: string };

/** The answer to one question, and the log lines or figures that it rests on. */
export interface Finding {
  readonly question: 'data' | 'contact' | 'weights' | 'models' | 'speed';
  readonly verdict: 'good' | 'bad' | 'open';
  readonly answer: string;
  /** `algo-2: weights_sha256=…`, at most eight. */
  readonly evidence: readonly string[];
}

export interface Cooperation {
  readonly verdict: 'together' | 'separate' | 'open';
  /** `4 hosts, 4 separate trainings`. */
  readonly headline: string;
  readonly findings: readonly Finding[];
  /** In the order of their numbers; also one that has said nothing. */
  readonly hosts: readonly HostReport[];
}

/** What one host has said. */
export interface HostReport {
  readonly host: string;
  /** Of the log, as far as it is kept. */
  readonly lines: number;
  /** What its processes read, together; undefined where they do not say. */
  readonly samples: number | undefined;
  /** A digest of the weights that each of its processes ended with. */
  readonly weights: readonly string[];
  readonly last: Pick<LogLine, 'timestamp' | 'message'> | undefined;
}

/** Did the hosts of a job train one model together? Undefined for one host, of which there is nothing to say. */
export function cooperation(run: HostsRun, single?: OnOneHost): Cooperation | undefined {
  if (run.hosts < 2) return undefined;
  const claims = claimsOf(run.lines, run.metricDefinitions);
  const findings = [data(run, claims), contact(run, claims), weights(claims), models(run, claims)];
  const { verdict, proven } = overall(run, claims, findings);
  const headlines = {
    together: `${run.hosts} hosts, one training`,
    separate: `${run.hosts} hosts, ${run.hosts} separate trainings${proven ? '' : ', by all that the log tells'}`,
    open: `${run.hosts} hosts: nothing shows whether they trained together`,
  };
  const speeds = single && run.took ? [speed(run, run.took, single)] : [];
  return { verdict, headline: headlines[verdict], findings: [...findings, ...speeds], hosts: hostReports(run, claims) };
}

function hostReports({ hosts, lines }: HostsRun, { samples, weights }: Claims): HostReport[] {
  const spoken = new Map<string, { lines: number; last: LogLine }>();
  for (const line of lines) spoken.set(line.host, { lines: (spoken.get(line.host)?.lines ?? 0) + 1, last: line });
  return Array.from({ length: hosts }, (_, index) => {
    const host = `algo-${index + 1}`;
    const read = samples.filter((one) => one.host === host);
    return {
      host,
      lines: spoken.get(host)?.lines ?? 0,
      samples: read.length > 0 ? read.reduce((total, { count }) => total + count, 0) : undefined,
      weights: [...new Set(weights.filter((one) => one.host === host).map(({ digest }) => digest))],
      last: spoken.get(host)?.last,
    };
  });
}

/**
 * Together is only what ranks that knew of each other have proven by equal weights. Separate is what they say themselves;
 * and, without proof, what looks like it: no sign of another host, and every host does what one would do alone. Behind a
 * launcher that takes two signs, since it would be a mistake of the script.
 */
function overall(run: HostsRun, { metricHosts, clashes }: Claims, findings: readonly Finding[]) {
  const verdict = (question: Finding['question']) => findings.find((finding) => finding.question === question)?.verdict;
  if (verdict('contact') === 'bad' || verdict('weights') === 'bad')
    return { verdict: 'separate', proven: true } as const;
  if (verdict('contact') === 'good') {
    return { verdict: verdict('weights') === 'good' ? 'together' : 'open', proven: true } as const;
  }
  const signs = [metricHosts.size === run.hosts, clashes.length > 0].filter(Boolean).length;
  return { verdict: signs >= (run.launched ? 2 : 1) ? 'separate' : 'open', proven: false } as const;
}

function data({ channels, hosts }: HostsRun, { samples }: Claims): Finding {
  const question = 'data';
  const evidence = limited(samples.map(({ line }) => line));
  const [first] = samples;
  if (first && samples.length > 1) {
    const different = new Set(samples.map(({ digest }) => digest)).size;
    const read = samples.reduce((total, { count }) => total + count, 0);
    if (different === 1) {
      return { question, verdict: 'bad', answer: `Every process read the same ${first.count} samples.`, evidence };
    }
    // A sampler that gives every rank as many repeats a sample here and there.
    if (different === samples.length && Math.abs(read - first.of) < samples.length) {
      const answer = `${samples.length} processes read ${samples.length} disjoint parts of ${first.of} samples.`;
      return { question, verdict: 'good', answer, evidence };
    }
    return {
      question,
      verdict: 'open',
      answer: `The processes read ${read} samples of ${first.of}, some twice.`,
      evidence,
    };
  }
  const sharded = channels.filter(({ distribution }) => distribution === 'ShardedByS3Key');
  const lines = channels.map(({ name, distribution, bytes }) => {
    if (bytes === undefined) return `channel ${name}: ${distribution}`;
    const each = distribution === 'ShardedByS3Key' ? `about ${size(bytes / hosts)} of ${size(bytes)}` : size(bytes);
    return `channel ${name}: ${distribution}, ${each} on each host`;
  });
  return sharded.length > 0
    ? { question, verdict: 'good', answer: 'S3 gave each host other objects.', evidence: limited(lines) }
    : {
        question,
        verdict: 'open',
        answer: 'Every host had all of the data; whether the script divides it, its log does not say.',
        evidence: limited(lines),
      };
}

function contact({ hosts, launched }: HostsRun, { worlds }: Claims): Finding {
  const question = 'contact';
  const alone = worlds.filter(({ world }) => world === 1);
  if (new Set(alone.map(({ host }) => host)).size > 1) {
    const answer = 'Hosts say that they are the only one: no process knew of another.';
    return { question, verdict: 'bad', answer, evidence: limited(alone.map(({ line }) => line)) };
  }
  const group = worlds.filter(({ world }) => world >= hosts);
  const named = new Set(group.map(({ host }) => host)).size;
  if (named > 0) {
    const answer = `The processes formed one group of ${Math.max(...group.map(({ world }) => world))}.`;
    return { question, verdict: 'good', answer, evidence: limited(group.map(({ line }) => line)) };
  }
  const answer = launched
    ? 'The ranks were numbered by a launcher; the log does not say that they met.'
    : 'There was no launcher, and no line of the log tells of another host.';
  return { question, verdict: 'open', answer, evidence: [] };
}

function weights({ weights: found }: Claims): Finding {
  const question = 'weights';
  const evidence = limited(found.map(({ line }) => line));
  const missing = (found[0]?.world ?? 0) - found.length;
  if (found.length < 2) {
    return {
      question,
      verdict: 'open',
      answer: 'The log does not say which weights the processes ended with.',
      evidence,
    };
  }
  if (new Set(found.map(({ digest }) => digest)).size > 1) {
    return { question, verdict: 'bad', answer: 'The processes ended with different weights.', evidence };
  }
  return missing > 0
    ? {
        question,
        verdict: 'open',
        answer: `${missing} of ${found[0]!.world} processes do not say their weights.`,
        evidence,
      }
    : { question, verdict: 'good', answer: `All ${found.length} processes ended with the same weights.`, evidence };
}

function models({ hosts }: HostsRun, { clashes, sandbox }: Claims): Finding {
  const question = 'models';
  if (clashes.length > 0) {
    const writers = Math.max(...clashes.map(({ writers }) => writers));
    const answer = `${writers} of ${hosts} hosts wrote the model; one was taken, the others are lost.`;
    return { question, verdict: 'bad', answer, evidence: limited(clashes.map(({ line }) => line)) };
  }
  return sandbox
    ? { question, verdict: 'good', answer: 'No two hosts wrote the same file of the model.', evidence: [] }
    : {
        question,
        verdict: 'open',
        answer: 'SageMaker does not say which host a file of the model is from.',
        evidence: [],
      };
}

/** Faster by the time in which the script ran, since data and images cost one host as much as many; dearer by what is billed. */
function speed({ hosts, usdPerHour }: HostsRun, took: Took, single: OnOneHost): Finding {
  const question = 'speed';
  if ('hint' in single) {
    return {
      question,
      verdict: 'open',
      answer: `There is no run on one host to compare with. ${single.hint}`,
      evidence: [],
    };
  }
  const faster =
    took.training === undefined || single.took.training === undefined
      ? single.took.billed / took.billed
      : single.took.training / took.training;
  const dearer = (hosts * took.billed) / single.took.billed;
  const price = (instanceSeconds: number) =>
    usdPerHour === undefined ? '' : `, ${spent((instanceSeconds * usdPerHour) / 3600)}`;
  const seconds = ({ training, billed }: Took) =>
    training === undefined ? `${billed} s billed` : `${training.toFixed(1)} s of training, ${billed} s billed`;
  return {
    question,
    verdict: faster > 1 ? 'good' : 'bad',
    answer:
      `${faster.toFixed(2)} times as fast as one host, for ${dearer.toFixed(2)} times the cost ` +
      `(efficiency ${((faster / hosts) * 100).toFixed(0)} %).`,
    evidence: [
      `${hosts} hosts: ${seconds(took)} each${price(hosts * took.billed)}`,
      `one host (${single.name}): ${seconds(single.took)}${price(single.took.billed)}`,
    ],
  };
}

function limited(lines: readonly string[]): string[] {
  return lines.slice(0, 8);
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
