import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nthLargest } from '../../src/retrieval/nth-largest.ts';

const values = fc.array(fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, 1, -Infinity)), { maxLength: 200 });

describe('nthLargest', () => {
  test('is the n-th value in descending order, or −∞ if there are fewer values', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), (given, n) => {
        const inOrder = Float32Array.from(given).toSorted().toReversed();
        // Adding 0 makes −0 a 0.
        expect(nthLargest(Float32Array.from(given), n) + 0).toBe((inOrder[n - 1] ?? -Infinity) + 0);
      }),
    );
  });

  test('is the same of many equal values', () => {
    expect(nthLargest(new Float32Array(10_000).fill(2), 50)).toBe(2);
  });
});
