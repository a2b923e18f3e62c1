import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type KnownTrial,
  SearchEnded,
  type SearchParameter,
  type SearchSpec,
} from '../../src/sandbox/engines/tuning.js';
import { OptunaSearches } from '../../src/sandbox/engines/tuning/tuningEngine.js';
import { interpreters } from '../support/interpreters.js';

const engine = new OptunaSearches({
  ...{ interpreters: interpreters(undefined), configured: undefined, environment: process.env },
  resources: path.resolve(import.meta.dirname, '../../resources'),
});
afterAll(() => engine.close());

const kinds: SearchParameter = { name: 'kind', kind: 'categorical', values: ['"a"', '"b"', '"c"'] };
const steps: SearchParameter = { name: 'steps', kind: 'integer', min: 1, max: 4, scaling: 'Linear' };
const continuous = (min: number, max: number, scaling: 'Linear' | 'Logarithmic' | 'ReverseLogarithmic') =>
  ({ name: 'lr', kind: 'continuous', min, max, scaling }) as const;

function start(spec: Partial<SearchSpec>) {
  return engine.start({
    ...{ strategy: 'Bayesian', direction: 'Minimize', seed: 1, trials: 12, parameters: [kinds, steps], history: [] },
    ...spec,
  });
}

/** Asks for all of `indices`, one after another, and tells `value` of each. */
async function run(
  spec: Partial<SearchSpec>,
  indices: readonly number[],
  value: (parameters: Readonly<Record<string, string>>) => number | null = () => 1,
) {
  const search = await start(spec);
  const found: KnownTrial[] = [];
  for (const index of indices) {
    const parameters = await search.ask(index);
    found.push({ index, parameters, value: value(parameters) });
    search.tell(index, value(parameters));
  }
  const description = await search.describe();
  search.close();
  return { found, description, parameters: found.map((trial) => trial.parameters) };
}

const range = (end: number) => Array.from({ length: end }, (_, index) => index);
const distinct = (all: readonly object[]) => new Set(all.map((one) => JSON.stringify(one))).size;

describe('a search', () => {
  test.each(['Bayesian', 'Random', 'Grid'] as const)('%s tries no combination twice', async (strategy) => {
    const parameters: SearchParameter[] = [kinds, { name: 'steps', kind: 'categorical', values: ['1', '2', '3', '4'] }];
    const { parameters: tried } = await run({ strategy, parameters }, range(12));
    expect(distinct(tried)).toBe(12);
  });

  test('finds the last of many combinations', async () => {
    const parameters: SearchParameter[] = [{ ...steps, max: 400 }];
    const known = range(399).map((index) => ({ index, parameters: { steps: String(index + 1) }, value: 1 }));
    const { parameters: found } = await run({ strategy: 'Random', parameters, history: known, trials: 400 }, [399]);
    expect(found).toEqual([{ steps: '400' }]);
  });

  test.each(['Random', 'Bayesian', 'Grid'] as const)(
    '%s goes on from its history as if it had never ended',
    async (strategy) => {
      const parameters = [kinds, ...(strategy === 'Grid' ? [] : [steps, continuous(1e-4, 1, 'Logarithmic')])];
      const spec = { strategy, parameters, trials: parameters.length === 1 ? 3 : 12 };
      const whole = await run(spec, range(spec.trials), ({ kind, lr = '1' }) => Number(lr) + (kind === '"a"' ? 1 : 0));
      const cut = spec.trials - 2;
      const rest = await run(
        { ...spec, history: whole.found.slice(0, cut) },
        [cut, cut + 1],
        ({ kind, lr = '1' }) => Number(lr) + (kind === '"a"' ? 1 : 0),
      );
      expect(rest.found).toEqual(whole.found.slice(cut));
      expect(rest.description.used).toBe(cut);
    },
  );

  test('gives an index the same suggestion again, whatever has been asked in between', async () => {
    const spec = { strategy: 'Random', parameters: [continuous(0, 1, 'Linear')] } as const;
    const whole = await run(spec, range(5));
    const holes = whole.found.filter(({ index }) => index !== 1 && index !== 3);
    expect((await run({ ...spec, history: holes }, [1, 3])).parameters).toEqual(
      [1, 3].map((index) => whole.parameters[index]),
    );
  });

  test('uses of its history what lies in its ranges', async () => {
    const history: KnownTrial[] = [
      { parameters: { kind: '"a"', steps: '2', more: 'x' }, value: 1 },
      { parameters: { kind: '"z"', steps: '2' }, value: 1 },
      { parameters: { kind: '"a"', steps: '9' }, value: 1 },
      { parameters: { kind: '"a"', steps: 'two' }, value: 1 },
      { parameters: { kind: '"a"' }, value: 1 },
    ];
    expect((await run({ history }, [0])).description.used).toBe(1);
  });

  test('stays in its ranges, and spreads over their scales', async () => {
    const scales = {
      Linear: (x: number) => x,
      Logarithmic: Math.log,
      ReverseLogarithmic: (x: number) => -Math.log(1 - x),
    };
    const ranges = [
      { ...continuous(-5, 5, 'Linear'), name: 'linear' },
      { ...continuous(1e-6, 1e-1, 'Logarithmic'), name: 'logarithmic' },
      { ...continuous(0.5, 0.999999, 'ReverseLogarithmic'), name: 'near-one' },
      { ...continuous(0, 0.9, 'ReverseLogarithmic'), name: 'from-zero' },
    ];
    const { parameters } = await run({ strategy: 'Random', parameters: ranges, trials: 40 }, range(40));
    for (const { name, min, max, scaling } of ranges) {
      const values = parameters.map((one) => Number(one[name]));
      expect(values.filter((value) => !(value >= min && value <= max))).toEqual([]);
      const middle = (scales[scaling](min) + scales[scaling](max)) / 2;
      const above = values.filter((value) => scales[scaling](value) > middle).length;
      expect(above, name).toBeGreaterThan(8);
      expect(above, name).toBeLessThan(32);
    }
  });

  test('with trials that gave no value goes on', async () => {
    const { parameters } = await run({ parameters: [continuous(0, 1, 'Linear')] }, range(8), ({ lr }) =>
      Number(lr) > 0.3 ? null : Number(lr),
    );
    expect(distinct(parameters)).toBe(8);
  });

  test('that is Bayesian comes nearer to the optimum than chance, several trials at a time', async () => {
    const best = async (strategy: 'Bayesian' | 'Random', seed: number) => {
      const search = await start({ strategy, seed, trials: 30, parameters: [continuous(-10, 10, 'Linear')] });
      const distances: number[] = [];
      for (const index of range(30)) {
        distances.push(Math.abs(Number((await search.ask(index))['lr']) - 3));
        if (index >= 2) search.tell(index - 2, distances[index - 2]!);
      }
      search.close();
      return Math.min(...distances);
    };
    const median = async (strategy: 'Bayesian' | 'Random') => {
      const all: number[] = [];
      for (const seed of range(3)) all.push(await best(strategy, seed));
      return all.sort((a, b) => a - b)[1]!;
    };
    expect(await median('Bayesian')).toBeLessThan(await median('Random'));
  });

  test('that has ended says why to whoever asks', async () => {
    const search = await start({ parameters: [continuous(2, 1, 'Linear')] });
    await expect(search.ask(0)).rejects.toThrow(SearchEnded);
    await expect(search.ask(0)).rejects.toThrow(/ValueError/);
  });
});
