import type * as Api from '@aws-sdk/client-sagemaker';
import type { SearchParameter } from '../../engines/tuning.js';
import { validation } from './errors.js';

/** In one tuning job, all kinds together (ParameterRanges, API reference). */
const mostParameters = 30;

/**
 * The ranges of a request as they are searched.
 * @throws {ServiceError} ValidationException for a range in which nothing can be searched.
 */
export function searchParameters(ranges: Api.ParameterRanges = {}): SearchParameter[] {
  const parameters = [
    ...(ranges.ContinuousParameterRanges ?? []).map(continuousParameter),
    ...(ranges.IntegerParameterRanges ?? []).map(integerParameter),
    ...(ranges.CategoricalParameterRanges ?? []).map(categoricalParameter),
  ];
  const names = parameters.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw validation(`The hyperparameter ${twice} has more than one range.`);
  if (parameters.length === 0) throw validation('ParameterRanges must have at least one range.');
  if (parameters.length > mostParameters) {
    throw validation(`ParameterRanges has ${parameters.length} ranges: at most ${mostParameters} can be searched.`);
  }
  return parameters;
}

/** How many combinations there are; infinite as soon as one parameter is continuous. */
export function combinations(parameters: readonly SearchParameter[]): number {
  return parameters.reduce((product, parameter) => product * valuesOf(parameter), 1);
}

function valuesOf(parameter: SearchParameter): number {
  if (parameter.kind === 'continuous') return Infinity;
  return parameter.kind === 'integer' ? parameter.max - parameter.min + 1 : parameter.values.length;
}

function continuousParameter(range: Api.ContinuousParameterRange): SearchParameter {
  const { name, min, max } = bounds(range, number);
  return { name, min, max, kind: 'continuous', scaling: scaling(range, min, max) };
}

function integerParameter(range: Api.IntegerParameterRange): SearchParameter {
  const { name, min, max } = bounds(range, integer);
  const scale = scaling(range, min, max);
  if (scale === 'ReverseLogarithmic') {
    throw validation(`The integer range of ${name} cannot have ReverseLogarithmic scaling: only continuous ones can.`);
  }
  return { name, min, max, kind: 'integer', scaling: scale };
}

function categoricalParameter({
  Name: name = '',
  Values: values = [],
}: Api.CategoricalParameterRange): SearchParameter {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  // Neither duplicates nor ranges of one number are taken (aws/amazon-sagemaker-feedback#195).
  if (twice !== undefined) throw validation(`The range of ${name} has the value ${twice} more than once.`);
  return { name, kind: 'categorical', values };
}

interface NumberRange {
  readonly Name?: string | undefined;
  readonly MinValue?: string | undefined;
  readonly MaxValue?: string | undefined;
  readonly ScalingType?: Api.HyperParameterScalingType | undefined;
}

function bounds(range: NumberRange, parse: (text: string) => number | undefined) {
  const { Name: name = '', MinValue = '', MaxValue = '' } = range;
  const [min, max] = [MinValue, MaxValue].map((text) => {
    const value = parse(text);
    if (value !== undefined) return value;
    throw validation(`The range of ${name} has the bound '${text}', which is not ${names.get(parse)}.`);
  }) as [number, number];
  if (min >= max) {
    throw validation(`The range of ${name} is empty: MinValue ${MinValue} must be less than MaxValue ${MaxValue}.`);
  }
  return { name, min, max };
}

function number(text: string): number | undefined {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) && isFinite(Number(text)) ? Number(text) : undefined;
}

function integer(text: string): number | undefined {
  const value = number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

const names = new Map([
  [number, 'a number'],
  [integer, 'an integer'],
]);

/**
 * Where the scales can be used is in the API reference (ContinuousParameterRange, IntegerParameterRange). What `Auto`
 * chooses is not: here it is logarithmic where the guide advises it, for ranges of positive numbers over several orders
 * of magnitude (developer guide, "Hyperparameter Scaling").
 */
function scaling({ Name: name, ScalingType: asked = 'Auto' }: NumberRange, min: number, max: number) {
  if (asked === 'Logarithmic' && min <= 0) {
    throw validation(
      `Logarithmic scaling works only for values greater than 0: the range of ${name} begins at ${min}.`,
    );
  }
  if (asked === 'ReverseLogarithmic' && (min < 0 || max >= 1)) {
    throw validation(
      `Reverse logarithmic scaling works only within 0 <= x < 1.0: the range of ${name} is ${min} to ${max}.`,
    );
  }
  if (asked !== 'Auto') return asked;
  return min > 0 && max >= 100 * min ? 'Logarithmic' : 'Linear';
}
