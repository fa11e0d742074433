import { expect, test } from '@jest/globals';
import { benchTrainLarge } from '../../bench/train-large.ts';

test('train-large measures the closed-form heads and the epoch of one training separately', async () => {
  const { steps, secondsBeforeEpoch, secondsPerEpoch, peakMiB } = await benchTrainLarge({
    users: 400,
    items: 300,
    interactions: 12_000,
  });
  expect(steps).toBeGreaterThan(1);
  expect(secondsBeforeEpoch).toBeGreaterThan(0);
  expect(secondsPerEpoch).toBeGreaterThan(0);
  expect(peakMiB.data).toBeGreaterThan(0);
  expect(peakMiB.beforeEpoch).toBeGreaterThanOrEqual(peakMiB.data);
  expect(peakMiB.whole).toBeGreaterThanOrEqual(peakMiB.beforeEpoch);
});
