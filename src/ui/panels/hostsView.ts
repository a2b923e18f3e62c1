import type { TrainingJobDetail } from '../../aws/gateways/trainingJobs.js';
import { estimateEndpoint } from '../../costs/estimate.js';
import { cooperation, type Finding } from '../../jobs/cooperation.js';
import type { JobWatch } from '../../jobs/jobWatch.js';
import { lineText } from '../../logs/logLines.js';
import type { HostsView } from './job.protocol.js';

const questions: Readonly<Record<Finding['question'], string>> = {
  data: 'Did they read different data?',
  contact: 'Did they know of each other?',
  weights: 'Did they end with the same weights?',
  models: 'Is there one model?',
  speed: 'Was it faster?',
};
/** What the SageMaker training toolkits start a job's processes by (sagemaker-pytorch-training, training.py). */
const launchers = ['sagemaker_torch_distributed_enabled', 'sagemaker_pytorch_ddp_enabled', 'sagemaker_mpi_enabled'];
const longestEnd = 120;

/** What the panel of a job says of its hosts: while it runs, as far as it has come. Undefined for one host. */
export function hostsView({
  detail,
  lines,
}: {
  readonly detail: TrainingJobDetail | undefined;
  readonly lines: JobWatch['lines'];
}): HostsView | undefined {
  if (!detail) return undefined;
  const { instance, hyperparameters, channels, sharded, metricDefinitions, billableSeconds, ended } = detail;
  const report = cooperation({
    hosts: instance.count,
    launched: launchers.some((name) => hyperparameters[name]?.replaceAll('"', '') === 'true'),
    channels: Object.keys(channels).map((name) => ({
      name,
      distribution: sharded.includes(name) ? 'ShardedByS3Key' : 'FullyReplicated',
      bytes: undefined,
    })),
    metricDefinitions,
    lines,
    billableSeconds,
    usdPerHour: estimateEndpoint({ ...instance, count: 1 })?.usdPerHour,
  });
  if (!report) return undefined;
  const { verdict, headline, findings, hosts } = report;
  return {
    verdict,
    headline: ended ? headline : `${headline}, so far`,
    findings: findings.map((finding) => ({ ...finding, question: questions[finding.question] })),
    hosts: hosts.map(({ host: name, lines: count, samples, weights, last }) => ({
      name,
      lines: count,
      samples: samples === undefined ? 'not said' : String(samples),
      weights: weights.length === 0 ? 'not said' : weights.map((digest) => digest.slice(0, 12)).join(', '),
      end: last === undefined ? 'silent' : shortened(lineText({ ...last, host: name }, false)),
    })),
  };
}

function shortened(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > longestEnd ? `${line.slice(0, longestEnd - 1)}…` : line;
}
