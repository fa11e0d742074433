import { expect, test } from '@jest/globals';
import { randomSource, shuffle, shuffleLast } from '../../src/tasks/random.ts';

test('every order of three values is equally likely', () => {
  const random = randomSource(1);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 6000; draw++) {
    const values = Int32Array.of(1, 2, 3);
    shuffle(values, random);
    counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // Five standard deviations of a binomial: 5·√(6000·1/6·5/6).
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
});

test('shuffleLast draws only the last values, and each value is equally likely', () => {
  const random = randomSource(1);
  const counts = new Int32Array(4);
  for (let draw = 0; draw < 4000; draw++) {
    const values = Int32Array.of(0, 1, 2, 3);
    shuffleLast(values, 1, random);
    const [last] = values.subarray(3) as unknown as [number];
    counts[last] = (counts[last] as number) + 1;
    expect(values.toSorted()).toEqual(Int32Array.of(0, 1, 2, 3));
  }
  // Five standard deviations of a binomial: 5·√(4000·1/4·3/4).
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(137);
});

test('streams of one seed differ, and so do neighboring seeds', () => {
  const firsts = [randomSource(1), randomSource(1, 1), randomSource(2), randomSource(2, 1)].map((random) =>
    random.next(),
  );
  expect(new Set(firsts).size).toBe(4);
});
