import { expect, test } from '@jest/globals';
import { Batches } from '../../src/serving/shared-reads.ts';

test('keys requested together are read together, by a requester who is waiting', async () => {
  const batches = new Batches<number | null, string>((reading) => reading());
  const by = (name: string) => async (keys: readonly (number | null)[]) =>
    keys.map((key) => `${name} reads ${key} of ${keys.length}`);
  expect(await Promise.all([batches.load('a', 1, by('one')), batches.load('a', null, by('two'))])).toEqual([
    'one reads 1 of 2',
    'one reads null of 2',
  ]);
  expect(await batches.load('a', 1, by('three'))).toBe('three reads 1 of 1');
  expect(await Promise.all([batches.load('a', 1, by('four')), batches.load('b', 1, by('five'))])).toEqual([
    'four reads 1 of 1',
    'five reads 1 of 1',
  ]);
});
