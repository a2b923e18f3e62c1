import { describe, expect, test } from 'vitest';
import { describeEstimate, estimateEndpoint, estimateTraining, usd } from '../../../src/costs/estimate.js';
import { instanceType } from '../../../src/costs/instanceTypes.js';
import { burn } from '../../../src/costs/running.js';

describe('an estimate', () => {
  test('is the price of all instances, and for a job at most that of its whole allowed time', () => {
    expect(estimateTraining({ type: 'ml.m5.xlarge', count: 4 }, 7200)).toEqual({ usdPerHour: 0.92, maximumUsd: 1.84 });
    expect(estimateEndpoint({ type: 'ml.m5.large', count: 1 })).toEqual({ usdPerHour: 0.115 });
  });

  test('is never shown without saying that it is one, of where and when', () => {
    expect(describeEstimate(estimateTraining({ type: 'ml.m5.xlarge', count: 1 }, 3600))).toMatch(
      /^about \$0\.23\/h, at most \$0\.23 \(estimate: on-demand in us-east-1, table of \d{4}-\d\d-\d\d\)$/,
    );
  });

  test('is unknown for a type without a price, not zero', () => {
    expect(estimateEndpoint({ type: 'ml.new.huge', count: 1 })).toBeUndefined();
    expect(describeEstimate(undefined)).toBe('price unknown');
  });

  test('shows cents, and fractions of a cent where a price has them', () => {
    expect([usd(0.115 * 2), usd(0), usd(0.115), usd(0.0042), usd(12.3456)]).toEqual([
      '$0.23',
      '$0.00',
      '$0.115',
      '$0.0042',
      '$12.35',
    ]);
  });
});

test('the table knows what a type can be used for', () => {
  expect(instanceType('ml.m5.xlarge')).toMatchObject({ uses: ['training', 'hosting'], vcpu: 4 });
  expect(instanceType('ml.c5.large')?.uses).toEqual(['hosting']);
});

test('burn counts what runs now, and what everything has cost until it ended', () => {
  const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
  const items = [
    { usdPerHour: 1, since: at(0), until: undefined },
    { usdPerHour: 2, since: at(0), until: at(3) },
    { usdPerHour: 4, since: at(20), until: undefined },
  ];
  expect(burn(items, at(10))).toEqual({ usdPerHour: 1, spentUsd: 16 });
  expect(burn(items, at(2))).toEqual({ usdPerHour: 3, spentUsd: 6 });
});
