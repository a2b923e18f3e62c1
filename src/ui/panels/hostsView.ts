import type { TrainingJobDetail } from '../../aws/gateways/trainingJobs.js';
import { estimateEndpoint } from '../../costs/estimate.js';
import { cooperation, type Finding, type OnOneHost, type Took } from '../../jobs/cooperation.js';
import type { JobWatch } from '../../jobs/jobWatch.js';
import { secondsInTraining } from '../../jobs/phases.js';
import type { RunRecord } from '../../launch/runRecord.js';
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

/**
 * What the panel of a job says of its hosts: while it runs, as far as it has come. Undefined for one host.
 * @param record of the job's run, where there is one; `single` of the newest run that did the same on one host
 */
export function hostsView(
  { detail, lines }: Pick<JobWatch, 'detail' | 'lines'>,
  record?: RunRecord,
  single?: RunRecord,
): HostsView | undefined {
  if (!detail) return undefined;
  const { instance, hyperparameters, channels, sharded, metricDefinitions, ended } = detail;
  const run = {
    hosts: instance.count,
    launched: launchers.some((name) => hyperparameters[name]?.replaceAll('"', '') === 'true'),
    channels: Object.keys(channels).map((name) => ({
      name,
      distribution: sharded.includes(name) ? ('ShardedByS3Key' as const) : ('FullyReplicated' as const),
      bytes: undefined,
    })),
    metricDefinitions,
    lines,
    took: tookOf(detail),
    usdPerHour: estimateEndpoint({ ...instance, count: 1 })?.usdPerHour,
  };
  const report = cooperation(run, onOneHost(record, single));
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

function tookOf(detail: TrainingJobDetail): Took | undefined {
  const { state, billableSeconds: billed } = detail;
  return state === 'Completed' && billed !== undefined ? { billed, training: secondsInTraining(detail) } : undefined;
}

function onOneHost(record: RunRecord | undefined, single: RunRecord | undefined): OnOneHost {
  const { billableSeconds: billed, trainingSeconds: training } = single?.results ?? {};
  if (single && billed !== undefined) return { name: single.id, took: { billed, training } };
  return {
    hint: record
      ? `Launch ${record.entry} once with "count": 1 and all else the same.`
      : 'This job was not launched from this workspace, so none can be told to be the same.',
  };
}

function shortened(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > longestEnd ? `${line.slice(0, longestEnd - 1)}…` : line;
}
