import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkNesting } from '../../src/http/check-nesting.ts';

const accepts = (json: string) => {
  try {
    checkNesting(Buffer.from(json));
    return true;
  } catch {
    return false;
  }
};

describe('checkNesting', () => {
  test('accepts 64 levels of lists or objects, and refuses 65', () => {
    const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    const objects = (depth: number) => '{"a":'.repeat(depth) + 1 + '}'.repeat(depth);
    expect([lists(64), objects(64)].map(accepts)).toEqual([true, true]);
    expect([lists(65), objects(65)].map(accepts)).toEqual([false, false]);
  });

  test('counts no brackets within strings, whatever they escape', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const brackets = JSON.stringify([`${text}${'['.repeat(100)}\\"{`, '{'.repeat(100)]);
        expect(accepts(brackets)).toBe(true);
        const deep = `[${JSON.stringify(text)},${'['.repeat(64)}${']'.repeat(64)}]`;
        expect(accepts(deep)).toBe(false);
      }),
    );
  });
});
