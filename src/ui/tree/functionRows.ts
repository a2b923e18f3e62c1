import type { FunctionDetail, FunctionVersion, ProvisionedConcurrency } from '../../aws/gateways/functions.js';
import type { Capability } from '../../contributions.js';
import { usd } from '../../costs/estimate.js';
import { estimateProvisioned } from '../../costs/functions.js';
import { isFunctionMoving, type ResourceOf } from '../../inventory/resource.js';
import { ago, firstSentence } from '../words.js';
import { joined, type Row } from './rows.js';

/** How many aliases a row names. */
const mostAliases = 2;

/** `python3.12 · 256 MB · live → 3`; what is provisioned costs money, so that comes first. */
export function functionRow(found: ResourceOf<'function'>, detail: FunctionDetail | undefined): Row {
  const { runtime = 'container image', memory } = found;
  const { words, icon, color } = stateOf(detail);
  return {
    description: joined(
      detail && provisionedPrice(detail),
      words,
      runtime,
      `${memory} MB`,
      detail && aliasesOf(detail),
    ),
    icon,
    color,
    capabilities: capabilitiesOf(detail),
  };
}

/** What a function's provisioned environments cost an hour; undefined without any, and on arm64, whose price is not known. */
export function provisionedPrice({ provisioned, memory, architecture }: FunctionDetail): string | undefined {
  const count = provisioned.reduce((sum, { requested }) => sum + requested, 0);
  return count === 0 || architecture !== 'x86_64'
    ? undefined
    : `${usd(estimateProvisioned(memory, count).usdPerHour)}/h`;
}

/** `→ 3 · 1 of 2 ready · $0.02/h`. */
export function aliasRow(alias: FunctionDetail['aliases'][number], detail: FunctionDetail): Row {
  const ready = provisionedOf(detail, alias.name);
  return { ...ready, description: joined(`→ ${alias.version}`, ready.description), icon: 'tag' };
}

/** `2 h ago · fewer classes`. */
export function versionRow(
  { version, description, modified }: FunctionVersion,
  detail: FunctionDetail,
  now: Date,
): Row {
  const ready = provisionedOf(detail, version);
  return { ...ready, description: joined(ago(modified, now), description, ready.description), icon: 'git-commit' };
}

function provisionedOf(detail: FunctionDetail, qualifier: string): Omit<Row, 'icon'> {
  const capabilities: Capability[] = ['testableFunction', 'hasArn'];
  const found = detail.provisioned.find((one) => one.qualifier === qualifier);
  if (!found) return { description: '', color: 'none', capabilities };
  const colors = { IN_PROGRESS: 'running', READY: 'passed', FAILED: 'failed' } as const;
  return {
    description: joined(readiness(found), provisionedPrice({ ...detail, provisioned: [found] })),
    color: colors[found.status],
    capabilities,
  };
}

export function readiness({ available, requested, status, reason }: ProvisionedConcurrency): string {
  if (status === 'FAILED') return `provisioning failed${reason === undefined ? '' : `: ${firstSentence(reason)}`}`;
  return available === requested ? `${requested} ready` : `${available} of ${requested} ready`;
}

function aliasesOf({ aliases }: FunctionDetail): string {
  const named = aliases.slice(0, mostAliases).map(({ name, version }) => `${name} → ${version}`);
  const rest = aliases.length - named.length;
  return `${named.join(', ')}${rest > 0 ? ` +${rest}` : ''}`;
}

function stateOf(detail: FunctionDetail | undefined): Pick<Row, 'icon' | 'color'> & { readonly words?: string } {
  if (!detail) return { icon: 'symbol-function', color: 'none' };
  const { state, update, reason } = detail;
  const why = reason === undefined ? '' : `: ${firstSentence(reason)}`;
  if (state === 'Failed') return { words: `failed${why}`, icon: 'error', color: 'failed' };
  if (update === 'Failed') return { words: `update failed${why}`, icon: 'error', color: 'failed' };
  if (isFunctionMoving(detail)) {
    const words = state === 'Pending' ? 'creating' : update === 'InProgress' ? 'updating' : 'provisioning';
    return { words, icon: 'sync', color: 'running' };
  }
  if (state === 'Active') return { icon: 'symbol-function', color: 'passed' };
  // Idle for weeks: the next call wakes it, and fails (AWS Lambda Developer Guide, "Lambda function states").
  if (state === 'Inactive') return { words: 'inactive', icon: 'symbol-function', color: 'none' };
  return { words: state, icon: 'circle-slash', color: 'none' };
}

function capabilitiesOf(detail: FunctionDetail | undefined): Capability[] {
  const state = detail?.state ?? 'Active';
  return [
    'hasLog',
    'hasArn',
    ...(state === 'Active' || state === 'Inactive' ? (['testableFunction'] as const) : []),
    ...(state === 'Deleting' ? [] : (['deletableFunction'] as const)),
  ];
}
