import * as vscode from 'vscode';
import type { EndpointDetail } from '../../aws/gateways/endpoints.js';
import type { FunctionDetail } from '../../aws/gateways/functions.js';
import type { TrainingJobDetail } from '../../aws/gateways/trainingJobs.js';
import type { TuningJobDetail, TuningRange } from '../../aws/gateways/tuningJobs.js';
import { commands, type Command } from '../../contributions.js';
import { describeEstimate, estimateEndpoint, usd } from '../../costs/estimate.js';
import { priceBasis } from '../../costs/instanceTypes.js';
import type { Described, DetailOf, Resource, TrialResult } from '../../inventory/resource.js';
import { megabytes } from '../../launch/gates.js';
import type { RunRecord } from '../../launch/runRecord.js';
import { ago, duration, metricValue, tunedValue } from '../words.js';
import { provisionedPrice, readiness } from './functionRows.js';
import { hourly } from './rows.js';

/** The facts of a resource: what its row has no room for. */
export function tooltip(
  resource: Resource,
  detail: DetailOf<Described> | undefined,
  record: RunRecord | undefined,
  now: Date,
): vscode.MarkdownString {
  const facts = [
    ...(detail && 'ranges' in detail ? tuningFacts(detail) : []),
    ...('trial' in resource && resource.trial ? trialFacts(resource.trial) : []),
    ...(detail && 'phases' in detail ? jobFacts(detail) : []),
    ...(detail && 'variants' in detail ? endpointFacts(detail, now) : []),
    ...(detail && 'aliases' in detail ? functionFacts(detail) : []),
    'created' in resource ? ['Created', ago(resource.created, now)] : ['Modified', ago(resource.modified, now)],
    ...(record ? [['Created by', record.entry]] : []),
    ['ARN', resource.arn],
  ];
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: Object.values(commands) };
  text.supportThemeIcons = true;
  text.appendMarkdown(`**${escaped(resource.name)}** ${'state' in resource ? resource.state : ''}\n\n| | |\n|:-|:-|\n`);
  for (const [name = '', value = ''] of facts) text.appendMarkdown(`| ${name} | ${escaped(value)} |\n`);
  const failure = detail && ('aliases' in detail ? detail.reason : detail.failure);
  if (failure !== undefined) {
    text.appendMarkdown('\n');
    text.appendCodeblock(failure.slice(0, 1000));
  }
  const links = linksOf(resource);
  if (links.length > 0) text.appendMarkdown(`\n${links.join(' · ')}`);
  return text;
}

function tuningFacts(detail: TuningJobDetail): string[][] {
  const { objective, best, strategy, trials, maxParallelJobs, instance, maxRuntime, ranges } = detail;
  const each = describeEstimate(estimateEndpoint(instance));
  return [
    ['Objective', `${objective.type} ${objective.metric}`],
    ...(best?.objective === undefined ? [] : [['Best', `${metricValue(best.objective)} by ${best.name}`]]),
    [
      'Trials',
      `${trials.completed} completed, ${trials.inProgress} running, ${trials.failed} failed, ${trials.stopped} stopped`,
    ],
    ['Search', `${strategy}${maxParallelJobs === undefined ? '' : `, ${maxParallelJobs} at a time`}`],
    ...ranges.map((range) => [range.name, rangeText(range)]),
    ['Each trial', `${instance.count} × ${instance.type}, ${each}`],
    ...(maxRuntime === undefined ? [] : [['Time limit', duration(maxRuntime * 1000)]]),
  ];
}

function rangeText(range: TuningRange): string {
  return range.kind === 'categorical'
    ? range.values.map(tunedValue).join(', ')
    : `${range.min} … ${range.max}, ${range.scaling}`;
}

function trialFacts({ hyperparameters, objective }: TrialResult): string[][] {
  return [...(objective === undefined ? [] : [['Objective', String(objective)]]), ...Object.entries(hyperparameters)];
}

function jobFacts({ instance, started, ended, billableSeconds, metrics }: TrainingJobDetail): string[][] {
  const price = estimateEndpoint(instance);
  const spent = billableSeconds === undefined || !price ? undefined : (price.usdPerHour * billableSeconds) / 3600;
  return [
    ['Instances', `${instance.count} × ${instance.type}`],
    ['Price', describeEstimate(price)],
    ...(started ? [['Training', duration((ended ?? new Date()).getTime() - started.getTime())]] : []),
    ...(spent === undefined ? [] : [['Cost', `about ${usd(spent)} for ${billableSeconds} s billed`]]),
    ...Object.entries(metrics).map(([name, value]) => [name, metricValue(value)]),
  ];
}

function endpointFacts(detail: EndpointDetail, now: Date): string[][] {
  const price = hourly(detail);
  const hours = (now.getTime() - detail.created.getTime()) / 3_600_000;
  return [
    ...detail.variants.map(({ name, instances, desired, instanceType: type }) => [
      'Variant',
      `${name}, ${instances} of ${desired} × ${type ?? 'serverless'}`,
    ]),
    [
      'Price',
      price === undefined
        ? 'unknown'
        : `about ${usd(price)}/h, ${usd(price * hours)} since it was created (estimate: ${priceBasis})`,
    ],
    ['Configuration', detail.config],
  ];
}

/** Of the environment its names: its values may be secrets. */
function functionFacts(detail: FunctionDetail): string[][] {
  const { state, handler, role, timeout, memory, architecture, codeSize, environment, provisioned } = detail;
  const names = Object.keys(environment);
  const price = provisionedPrice(detail);
  return [
    ['State', state],
    ...(handler === '' ? [] : [['Handler', handler]]),
    ['Role', role.slice(role.lastIndexOf('/') + 1)],
    ['Timeout', `${timeout} s`],
    ['Memory', `${memory} MB, ${architecture}`],
    ['Code', megabytes(codeSize)],
    ...(names.length === 0 ? [] : [['Environment', names.join(', ')]]),
    ...provisioned.map((one) => ['Provisioned', `${one.qualifier}: ${readiness(one)}`]),
    ...(price === undefined ? [] : [['Price', `about ${price} for what is provisioned (estimate: ${priceBasis})`]]),
  ];
}

function linksOf({ kind, name, arn, ...rest }: Resource): string[] {
  const link = (title: string, command: Command): string => {
    const target = encodeURIComponent(JSON.stringify([{ resource: { kind, name, arn } }]));
    return `[${title}](command:${command}?${target})`;
  };
  if (kind === 'tuning-job') return [link('Show', commands.openTuningJob), link('Log', commands.showResourceLog)];
  if (kind === 'training-job') return [link('Show', commands.openJob), link('Log', commands.showResourceLog)];
  if (kind === 'endpoint') {
    const test = 'state' in rest && rest.state === 'InService' ? [link('Test', commands.testEndpoint)] : [];
    return [...test, link('Log', commands.showResourceLog)];
  }
  if (kind === 'function') return [link('Test', commands.testFunction), link('Log', commands.showResourceLog)];
  return [];
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~]/g, '\\$&').replace(/\s+/g, ' ');
}
