import type { Connection } from '../../aws/connection.js';
import type { TuningJobDetail, TuningRange } from '../../aws/gateways/tuningJobs.js';
import { estimateEndpoint, spent } from '../../costs/estimate.js';
import { bestSoFar, spansPowers } from '../../jobs/tuning/bestSoFar.js';
import { incomparable } from '../../jobs/tuning/comparable.js';
import { fewestTrials, importance } from '../../jobs/tuning/importance.js';
import { bestTrialsSay, curveSays, importanceSays } from '../../jobs/tuning/says.js';
import { scaleOf } from '../../jobs/tuning/scale.js';
import { isValued, type TrialPoint, trialPoints, unquoted, type ValuedPoint } from '../../jobs/tuning/trialPoints.js';
import { isMoving, type TuningWatch } from '../../jobs/tuning/tuningWatch.js';
import { ago, duration, firstSentence, metricValue } from '../words.js';
import type { Action, AxisView, TuningView } from './tuning.protocol.js';

/** The best tenth, on which importance rests, is five trials at least (the note in Optuna's PedAnovaImportanceEvaluator). */
const enough = 50;

/**
 * What the panel of a tuning job says, from what is known of it.
 * @param offered what the window can do for a tuning job; what fits this one is offered
 */
export function tuningView(
  { name, detail, trials, problem }: Pick<TuningWatch, 'name' | 'detail' | 'trials' | 'problem'>,
  connection: Pick<Connection, 'region' | 'account'> | undefined,
  offered: ReadonlySet<Action>,
  now: Date,
): TuningView {
  const ranges = detail?.ranges ?? [];
  const type = detail?.objective.type ?? 'Minimize';
  const metric = detail?.objective.metric ?? '';
  const points = trialPoints(trials, ranges, now);
  const valued = points.filter(isValued);
  const best = bestSoFar(points, type).at(-1);
  const perHour = detail && estimateEndpoint(detail.instance)?.usdPerHour;
  return {
    name,
    context: context(name, detail, connection, now),
    state: stateOf(detail),
    headline: headline(detail, points, best),
    best: best && { trial: `trial ${best.number}`, values: valuesOf(best, ranges) },
    progress: {
      ended: points.filter(isEnded).length,
      running: points.filter((point) => !isEnded(point)).length,
      total: detail?.maxJobs,
    },
    detail: detail ? inDetail(detail, points, perHour) : '',
    problem,
    warning: warning(detail, points, valued),
    actions: [...offered].filter((action) => fits(action, detail, best)),
    objective: { metric, minimize: type === 'Minimize', logarithmic: spansPowers(points) },
    axes: ranges.map(axis),
    trials: points.map((point) => ({
      ...point,
      usd: perHour === undefined || point.seconds === undefined ? undefined : (perHour * point.seconds) / 3600,
    })),
    curveTitle: curveSays(points, type),
    bestTrialsTitle: bestTrialsSay(points, ranges, type),
    importance: importanceView(valued, ranges, type),
  };
}

/** The trial that "Deploy the best" takes. */
export function bestTrial({ detail, trials }: Pick<TuningWatch, 'detail' | 'trials'>): string | undefined {
  if (!detail) return undefined;
  return bestSoFar(trialPoints(trials, detail.ranges, new Date()), detail.objective.type).at(-1)?.name;
}

function isEnded({ state }: TrialPoint): boolean {
  return state !== 'InProgress' && state !== 'Stopping';
}

function stateOf(detail: TuningJobDetail | undefined): TuningView['state'] {
  if (!detail) return 'waiting';
  if (isMoving(detail)) return 'running';
  return detail.state === 'Completed' ? 'completed' : detail.state === 'Stopped' ? 'stopped' : 'failed';
}

function fits(action: Action, detail: TuningJobDetail | undefined, best: ValuedPoint | undefined): boolean {
  if (action === 'stop') return detail?.state === 'InProgress';
  if (action === 'trainBest') return best !== undefined;
  // A trial that was stopped early has a value and perhaps no model.
  if (action === 'deployBest') return best?.state === 'Completed';
  return detail !== undefined;
}

function context(
  name: string,
  detail: TuningJobDetail | undefined,
  connection: Pick<Connection, 'region' | 'account'> | undefined,
  now: Date,
): string {
  const ended = detail?.ended && `${detail.state} ${ago(detail.ended, now)}`;
  const took = detail && duration((detail.ended ?? now).getTime() - detail.created.getTime());
  const where = connection && `account ${connection.account}, ${connection.region}`;
  const instance = detail && `${detail.instance.count} × ${detail.instance.type} a trial`;
  return [`Tuning job ${name}`, ended ?? detail?.state, took, where, instance]
    .filter((part) => part !== undefined)
    .join(' · ');
}

function headline(
  detail: TuningJobDetail | undefined,
  points: readonly TrialPoint[],
  best: ValuedPoint | undefined,
): string {
  if (!detail) return 'Looking for the tuning job';
  const isRunning = isMoving(detail);
  if (best) {
    const value = `${detail.objective.metric} ${metricValue(best.objective)}, in trial ${best.number}`;
    return `Best${isRunning ? ' so far' : ''}: ${value}`;
  }
  if (detail.failure !== undefined) return firstSentence(detail.failure);
  if (!isRunning) return `${detail.state}, and no trial has a value`;
  return points.length === 0 ? 'The first trial is about to start' : 'No trial has a value yet';
}

function inDetail(
  { strategy, objective, maxJobs, failure }: TuningJobDetail,
  points: readonly TrialPoint[],
  perHour: number | undefined,
): string {
  const count = (state: TrialPoint['state']): number => points.filter((point) => point.state === state).length;
  const ended = points.filter(isEnded).length;
  const running = points.length - ended;
  const seconds = points.reduce((sum, point) => sum + (point.seconds ?? 0), 0);
  const cost = perHour === undefined ? undefined : (perHour * seconds) / 3600;
  const how = objective.type === 'Minimize' ? 'minimises' : 'maximises';
  const parts = [
    `${ended}${maxJobs === undefined ? '' : ` of ${maxJobs}`} trials ended`,
    ...(['Failed', 'Stopped'] as const).flatMap((state) =>
      count(state) > 0 ? `${count(state)} ${state.toLowerCase()}` : [],
    ),
    ...(running > 0 ? [`${running} running`] : []),
    `${strategy} search, ${how} ${objective.metric}`,
    ...(cost === undefined ? [] : [`${spent(cost)} on AWS (estimate)`]),
    ...(failure === undefined ? [] : [firstSentence(failure)]),
  ];
  return parts.join(' · ');
}

function warning(
  detail: TuningJobDetail | undefined,
  points: readonly TrialPoint[],
  valued: readonly ValuedPoint[],
): TuningView['warning'] {
  if (!detail) return undefined;
  const { metric } = detail.objective;
  const sum = incomparable(valued, detail.ranges);
  if (sum) {
    const verb = sum.factor < 1 ? 'halves' : 'doubles';
    return {
      title: `${metric} ${verb} whenever ${sum.parameter} doubles`,
      text: 'It looks like a sum over batches, so the search finds a batch size and not a good model. Print the mean for each sample.',
      evidence: sum.evidence,
    };
  }
  const silent = points.filter(({ state, objective }) => state === 'Completed' && objective === undefined);
  if (silent.length > 0 && valued.length === 0) {
    const regex = detail.metricDefinitions.find(({ name }) => name === metric)?.regex;
    return {
      title: `${silent.length} ${silent.length === 1 ? 'trial has' : 'trials have'} completed, none reported ${metric}`,
      text: 'No line of their logs matched the metric, or the value was no number.',
      evidence: regex === undefined ? [] : [`${metric} = ${regex}`],
    };
  }
  const failures = points.flatMap(({ state, failure }) => (state === 'Failed' ? [firstSentence(failure ?? '')] : []));
  if (failures.length > 0 && failures.length === points.filter(isEnded).length) {
    const reasons = [...new Set(failures)];
    return { title: 'Every trial that has ended has failed', text: '', evidence: reasons.slice(0, 4) };
  }
  return undefined;
}

function axis(range: TuningRange): AxisView {
  const { name } = range;
  if (range.kind === 'categorical') return { kind: 'categorical', name, values: range.values.map(unquoted) };
  return { kind: 'numeric', name, scale: scaleOf(range), min: range.min, max: range.max };
}

function valuesOf(point: ValuedPoint, ranges: readonly TuningRange[]): (readonly [string, number | string])[] {
  return ranges.flatMap(({ name }, index) => {
    const value = point.values[index];
    return value === undefined ? [] : [[name, value] as const];
  });
}

function importanceView(
  valued: readonly ValuedPoint[],
  ranges: readonly TuningRange[],
  type: 'Minimize' | 'Maximize',
): TuningView['importance'] {
  const shares = importance(valued, ranges, type);
  if (!shares) {
    const note =
      valued.length < fewestTrials
        ? `Needs ${fewestTrials} trials with a value; there ${valued.length === 1 ? 'is' : 'are'} ${valued.length}.`
        : 'The trials are too much alike to tell.';
    return { title: 'Importance', note, shares: [] };
  }
  const title = importanceSays(shares);
  const note = 'Share of the variance, PED-ANOVA';
  if (valued.length >= enough) return { title, note, shares };
  return { title: `First guess: ${title}`, note: `${note}, of ${valued.length} trials only`, shares };
}
