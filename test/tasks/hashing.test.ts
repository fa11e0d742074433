import { describe, expect, test } from '@jest/globals';
import { hashText, hashTexts } from '../../src/tasks/hashing.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);

describe('hashText', () => {
  test('depends on every character, its position and the length', () => {
    const texts = ['', 'a', 'b', 'ab', 'ba', 'aa', 'aaa', 'a\0', '\0a', '\0', 'é', 'e\u0301', '1', '01'];
    expect(new Set(texts.map((text) => hashText(text, 1))).size).toBe(texts.length);
    expect(hashText('a', 1)).not.toBe(hashText('a', 2));
  });

  test('is uniform over consecutive IDs', async () => {
    const hashes = await hashTexts(numbered(20_000), 3);
    for (let part = 0; part < 8; part++) {
      const inside = hashes.filter((hash) => Math.floor(hash / 2 ** 29) === part).length;
      // A binomial of 20,000 at 1/8 has a deviation of 47.
      expect(Math.abs(inside - 2500)).toBeLessThan(5 * 47);
    }
  });
});
