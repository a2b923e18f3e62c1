import { describe, expect, test } from 'vitest';
import { isWorseThanMedian } from '../../../src/sandbox/services/sagemaker/medianRule.js';

describe('the median rule', () => {
  test('compares the last value with the median of the running averages at the same epoch', () => {
    // Running averages at epoch 2: 2, 3 and 4; their last values (1, 2, 3) would stop a job at 2.5.
    const earlier = [
      [3, 1],
      [4, 2],
      [5, 3],
    ];
    expect(isWorseThanMedian([9, 2.5], earlier, 'Minimize')).toBe(false);
    expect(isWorseThanMedian([0, 3.5], earlier, 'Minimize')).toBe(true);
    expect(isWorseThanMedian([9, 2.5], earlier, 'Maximize')).toBe(true);
    expect(isWorseThanMedian([0, 3.5], earlier, 'Maximize')).toBe(false);
  });

  test('looks at jobs that came as far, and takes the mean of two in the middle', () => {
    const earlier = [[1], [1, 1, 1], [5, 5, 5]];
    expect(isWorseThanMedian([9, 9, 2.9], earlier, 'Minimize')).toBe(false);
    expect(isWorseThanMedian([9, 9, 3.1], earlier, 'Minimize')).toBe(true);
  });

  test('stops nobody who equals the median, is alone, or went further than all others', () => {
    expect(isWorseThanMedian([3], [[3]], 'Minimize')).toBe(false);
    expect(isWorseThanMedian([3], [], 'Minimize')).toBe(false);
    expect(isWorseThanMedian([3, 9], [[1]], 'Minimize')).toBe(false);
  });
});
