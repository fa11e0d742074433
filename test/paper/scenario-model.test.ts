import { describe, expect, test } from '@jest/globals';
import { distinct, type TestScenario } from '../../src/paper/scenario-model.ts';

function scenario(id: string, ...items: readonly number[]): TestScenario {
  const pairs = { users: new Int32Array(), items: new Int32Array(), labels: new Float32Array() };
  return { id, task: { ...pairs, candidates: Int32Array.from(items) }, users: [] };
}

describe('distinct', () => {
  test('leaves out a scenario that is mostly a part of an earlier one, or the other way around', () => {
    const all = [
      scenario('thriller', 1, 2, 3, 4),
      scenario('thriller of the 80s', 1, 2),
      scenario('half a thriller', 1, 9),
      scenario('nearly all', 1, 2, 3, 5, 6, 7, 8),
      scenario('romance', 10, 11),
    ];
    expect(distinct(all).map(({ id }) => id)).toEqual(['thriller', 'half a thriller', 'romance']);
  });
});
