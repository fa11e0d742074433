import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawHeldOut } from '../../src/tasks/draw-held-out.ts';
import { hashText, hashTexts } from '../../src/tasks/hash-text.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);
const drawn = async (ids: readonly string[], share = 0.1) =>
  Array.from(await drawHeldOut(ids, share), (index) => ids[index] as string);

describe('drawHeldOut', () => {
  test('holds out about the share of many tasks', async () => {
    // A binomial of 20,000 at 0.1 has a deviation of 42.
    expect((await drawn(numbered(20_000))).length).toBeGreaterThan(2000 - 5 * 42);
    expect((await drawn(numbered(20_000))).length).toBeLessThan(2000 + 5 * 42);
  });

  test('holds out the same ones whatever was added and in whatever order they come', async () => {
    const before = await drawn(numbered(1000));
    const more = [...numbered(3000)].reverse();
    const known = new Set(numbered(1000));
    const after = await drawn(more);
    expect(after.filter((id) => known.has(id))).toEqual(before);
  });

  test('draws the first ones of the held-out at random, not by when they came', async () => {
    const places = Array.from(await drawHeldOut(numbered(20_000), 0.1)).slice(0, 100);
    const mean = places.reduce((sum, place) => sum + place, 0) / 100;
    // The mean of 100 places out of 20,000 has a deviation of 577.
    expect(Math.abs(mean - 10_000)).toBeLessThan(5 * 577);
  });

  test('of few tasks holds out none, at least one of five, and never more than a quarter', async () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(ids, fc.double({ min: 0, max: 1, noNaN: true }), async (tasks, share) => {
        const held = await drawn(tasks, share);
        expect(new Set(held).size).toBe(held.length);
        if (tasks.length < 5) expect(held).toEqual([]);
        else expect(held.length).toBeGreaterThanOrEqual(1);
        expect(held.length).toBeLessThanOrEqual(tasks.length / 4);
      }),
    );
  });
});

describe('hashText', () => {
  test('tells texts apart by every character, its place and the length', () => {
    const texts = ['', 'a', 'b', 'ab', 'ba', 'aa', 'aaa', 'a\0', '\0a', '\0', 'é', 'e\u0301', '1', '01'];
    expect(new Set(texts.map((text) => hashText(text, 1))).size).toBe(texts.length);
    expect(hashText('a', 1)).not.toBe(hashText('a', 2));
  });

  test('is spread evenly over ids that count up', async () => {
    const hashes = await hashTexts(numbered(20_000), 3);
    for (let part = 0; part < 8; part++) {
      const inside = hashes.filter((hash) => Math.floor(hash / 2 ** 29) === part).length;
      // A binomial of 20,000 at 1/8 has a deviation of 47.
      expect(Math.abs(inside - 2500)).toBeLessThan(5 * 47);
    }
  });
});
