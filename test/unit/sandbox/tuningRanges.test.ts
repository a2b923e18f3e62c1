import { describe, expect, test } from 'vitest';
import { combinations, searchParameters } from '../../../src/sandbox/services/sagemaker/tuningRanges.js';

const range = (MinValue: string, MaxValue: string, ScalingType?: 'Auto' | 'Linear' | 'Logarithmic') => ({
  ...{ Name: 'p', MinValue, MaxValue },
  ...(ScalingType && { ScalingType }),
});
const continuous = (...bounds: Parameters<typeof range>) =>
  searchParameters({ ContinuousParameterRanges: [range(...bounds)] })[0];
const integer = (...bounds: Parameters<typeof range>) =>
  searchParameters({ IntegerParameterRanges: [range(...bounds)] })[0];

describe('ranges', () => {
  test.each<[string, string, string]>([
    ['0.001', '0.1', 'Logarithmic'],
    ['1e-4', '1e-1', 'Logarithmic'],
    ['0.01', '0.9', 'Linear'],
    ['0', '100', 'Linear'],
    ['-5', '500', 'Linear'],
  ])('that leave the scale of %s to %s to us get %s', (min, max, scaling) => {
    expect(continuous(min, max)).toEqual({
      name: 'p',
      kind: 'continuous',
      min: Number(min),
      max: Number(max),
      scaling,
    });
    expect(continuous(min, max, 'Auto')).toMatchObject({ scaling });
  });

  test('keep the scale that was asked for', () => {
    expect(continuous('0.001', '0.1', 'Linear')).toMatchObject({ scaling: 'Linear' });
    expect(integer('1', '9', 'Logarithmic')).toMatchObject({ kind: 'integer', scaling: 'Logarithmic' });
  });

  test.each(['', 'NaN', 'Infinity', '1e999', '0x10', '1,5', 'one'])('refuse the bound %j', (bound) => {
    expect(() => continuous('0', bound)).toThrow('which is not a number');
  });

  test.each(['1.5', '9007199254740993'])('refuse the integer %j', (bound) => {
    expect(() => integer('0', bound)).toThrow('which is not an integer');
  });

  test('take integers that are written as fractions of nothing', () => {
    expect(integer('1.0', '1e3')).toMatchObject({ min: 1, max: 1000 });
  });

  test('refuse more than thirty of all kinds, and a category twice', () => {
    const many = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, index) => ({ ...range('1', '2'), Name: `${prefix}${index}` }));
    const ranges = { ContinuousParameterRanges: many(16, 'c'), IntegerParameterRanges: many(15, 'i') };
    expect(() => searchParameters(ranges)).toThrow('ParameterRanges has 31 ranges: at most 30 can be searched.');
    const twice = { CategoricalParameterRanges: [{ Name: 'p', Values: ['a', 'a'] }] };
    expect(() => searchParameters(twice)).toThrow('has the value a more than once');
  });

  test('are counted in combinations', () => {
    const kinds = { CategoricalParameterRanges: [{ Name: 'kind', Values: ['a', 'b', 'c'] }] };
    expect(combinations(searchParameters({ ...kinds, IntegerParameterRanges: [range('1', '4')] }))).toBe(12);
    expect(combinations(searchParameters({ ...kinds, ContinuousParameterRanges: [range('1', '4')] }))).toBe(Infinity);
  });
});
