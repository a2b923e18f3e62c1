import type { Connection } from '../../aws/connection.js';
import type { TrainingJobDetail } from '../../aws/gateways/trainingJobs.js';
import { estimateEndpoint, spent, usd } from '../../costs/estimate.js';
import { chartsOf } from '../../jobs/charts.js';
import type { JobWatch } from '../../jobs/jobWatch.js';
import type { RunRecord } from '../../launch/runRecord.js';
import { lineText } from '../../logs/logLines.js';
import { ago, chiefMetric, duration, firstSentence, metricValue } from '../words.js';
import type { FactView, HostsView, JobView } from './job.protocol.js';

/** Lines of the log that the panel shows; the document has all. */
const logLines = 12;

/** What the panel of a job says, from what is known of it. `hosts` is of its log alone (hostsView.ts). */
export function jobView(
  watch: Pick<JobWatch, 'name' | 'detail' | 'series' | 'problem' | 'lines'>,
  record: RunRecord | undefined,
  connection: Pick<Connection, 'region' | 'account' | 'billed'> | undefined,
  now: Date,
  hosts: HostsView | undefined,
): JobView {
  const { name, detail, series, problem, lines } = watch;
  const state = stateOf(detail);
  const all = series?.all ?? [];
  const charts = chartsOf(all, series?.byEpoch ?? false);
  const withHost = new Set(lines.map(({ host }) => host)).size > 1;
  const place = state === 'failed' ? lastFrame(lines.map(({ message }) => message)) : undefined;
  return {
    name,
    context: context(name, detail, connection, now),
    state,
    ...answer(state, detail, all, now),
    place: place && `${place.file} line ${place.line}`,
    problem,
    canDeploy: detail?.state === 'Completed' && detail.model !== undefined,
    canStop: detail?.state === 'InProgress',
    phases: phasesOf(detail, now),
    charts,
    noCurve: charts.length > 0 || !detail ? undefined : noCurve(detail, all),
    facts: factsOf(detail, record, all),
    hosts,
    log: lines.slice(-logLines).map((line) => lineText(line, withHost)),
  };
}

/** The last frame of a Python traceback in the log. */
export function lastFrame(messages: readonly string[]): { readonly file: string; readonly line: number } | undefined {
  const frames = messages.flatMap((message) => [...message.matchAll(/File "([^"]+)", line (\d+)/g)]);
  // The script's own lines say more than those of the library in which it stopped.
  const own = frames.filter(([, file = '']) => !/site-packages|dist-packages|\/lib\/python|<frozen/.test(file));
  const [, file, line] = (own.length > 0 ? own : frames).at(-1) ?? [];
  return file === undefined ? undefined : { file: file.split('/').at(-1) ?? file, line: Number(line) };
}

function stateOf(detail: TrainingJobDetail | undefined): JobView['state'] {
  if (!detail) return 'waiting';
  return (
    {
      InProgress: 'running',
      Stopping: 'running',
      Completed: 'completed',
      Failed: 'failed',
      Stopped: 'stopped',
    } as const
  )[detail.state];
}

function context(
  name: string,
  detail: TrainingJobDetail | undefined,
  connection: Pick<Connection, 'region' | 'account'> | undefined,
  now: Date,
): string {
  const instance = detail && `${detail.instance.count} × ${detail.instance.type}`;
  const ended = detail?.ended && `${detail.state} ${ago(detail.ended, now)}`;
  const where = connection && `account ${connection.account}, ${connection.region}`;
  return [`Training job ${name}`, ended ?? detail?.state, where, instance]
    .filter((part) => part !== undefined)
    .join(' · ');
}

type Series = readonly {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly value: number }[];
}[];

function answer(
  state: JobView['state'],
  detail: TrainingJobDetail | undefined,
  series: Series,
  now: Date,
): Pick<JobView, 'headline' | 'detail'> {
  if (!detail) return { headline: 'Looking for the job', detail: '' };
  const price = estimateEndpoint(detail.instance);
  if (state === 'failed') {
    const failure = detail.failure ?? 'No reason was given';
    return { headline: firstSentence(failure), detail: `Failed after ${took(detail, now)}.` };
  }
  const names = series.filter(({ points }) => points.length > 0).map(({ name }) => name);
  const chief = chiefMetric(names.length > 0 ? names : Object.keys(detail.metrics));
  const last = series.find(({ name }) => name === chief)?.points.at(-1);
  const value = (state === 'completed' && chief !== undefined ? detail.metrics[chief] : undefined) ?? last?.value;
  if (state === 'running') {
    const phase = detail.phases.at(-1);
    const hourly = price ? `, ${usd(price.usdPerHour)}/h on AWS` : '';
    return {
      headline: value === undefined ? (phase?.status ?? detail.state) : `${chief} ${metricValue(value)} so far`,
      detail: `${phase?.message || phase?.status || detail.state}. Running for ${took(detail, now)}${hourly}.`,
    };
  }
  const cost =
    price && detail.billableSeconds !== undefined ? (price.usdPerHour * detail.billableSeconds) / 3600 : undefined;
  const paid = cost === undefined ? '' : `, ${spent(cost)} on AWS (estimate)`;
  return {
    headline: value === undefined ? detail.state : `${chief} ${metricValue(value)}`,
    detail: `${state === 'stopped' ? 'Stopped' : 'Completed'} after ${took(detail, now)}${paid}.`,
  };
}

function took({ created, ended }: TrainingJobDetail, now: Date): string {
  return duration((ended ?? now).getTime() - created.getTime());
}

function phasesOf(detail: TrainingJobDetail | undefined, now: Date): JobView['phases'] {
  return (detail?.phases ?? [])
    .filter(({ status }) => !['Completed', 'Failed', 'Stopped'].includes(status))
    .map(({ status, start, end }) => ({
      name: status,
      seconds: Math.max(0, ((end ?? detail?.ended ?? now).getTime() - start.getTime()) / 1000),
    }));
}

function noCurve({ metricDefinitions, state }: TrainingJobDetail, series: Series): string | undefined {
  if (metricDefinitions.length === 0) return 'This job defines no metrics, so there is no curve.';
  if (state === 'InProgress') return 'Curves grow as lines of the log match the metrics.';
  return series.some(({ points }) => points.length > 0)
    ? 'Each metric has one value only, so there is no curve.'
    : `No line of the log matched a metric: ${metricDefinitions.map(({ name, regex }) => `${name} = ${regex}`).join(', ')}`;
}

function factsOf(detail: TrainingJobDetail | undefined, record: RunRecord | undefined, series: Series): FactView[][] {
  if (!detail) return [];
  const { hyperparameters, channels, image, roleArn, instance, billableSeconds, model, metrics } = detail;
  const program = decoded(hyperparameters['sagemaker_program'] ?? '');
  const own = Object.entries(hyperparameters).filter(([name]) => !name.startsWith('sagemaker_'));
  const curves = new Set(series.filter(({ points }) => points.length > 1).map(({ name }) => name));
  const single = Object.entries(metrics).filter(([name]) => !curves.has(name));
  return [
    [
      ...(record ? [{ name: 'Entry', value: record.entry, link: 'openEntry' as const }] : []),
      ...(program === '' ? [] : [{ name: 'Script', value: program }]),
      ...(record?.source ? [{ name: 'Code', value: record.source.sha256.slice(0, 7) }] : []),
      ...Object.entries(channels).map(([name, uri]) => ({ name: `Data, ${name}`, value: uri })),
      ...(image === undefined ? [] : [{ name: 'Image', value: image.split('/').at(-1) ?? image }]),
      { name: 'Role', value: roleArn.split('/').at(-1) ?? roleArn },
      { name: 'Instances', value: `${instance.count} × ${instance.type}` },
    ],
    own.map(([name, value]) => ({ name, value: decoded(value) })),
    [
      ...single.map(([name, value]) => ({ name, value: metricValue(value) })),
      ...(billableSeconds === undefined ? [] : [{ name: 'Billed', value: `${billableSeconds} s` }]),
      ...(model === undefined ? [] : [{ name: 'Model', value: 'model.tar.gz', link: 'openOutput' as const }]),
    ],
  ].filter((group) => group.length > 0);
}

/** Hyperparameters travel as JSON text; what is none is shown as it is. */
function decoded(value: string): string {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : JSON.stringify(parsed);
  } catch {
    return value;
  }
}
