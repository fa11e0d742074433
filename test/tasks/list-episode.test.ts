import { describe, expect, test } from '@jest/globals';
import { typeIndex } from '../../src/features/interaction-types.ts';
import { drawListEpisode, type ListEpisodeOptions } from '../../src/tasks/list-episode.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { Task } from '../../src/tasks/training-data.ts';

const day = 24 * 60 * 60 * 1000;
const options: ListEpisodeOptions = { shortSupportShare: 0, shortSupportPairs: 0, laterShare: 1, positiveFrom: 4 };
/** Items 0 to 19, one a day. Item 19 is rated low. */
const history: Task = {
  users: Int32Array.of(3),
  items: Int32Array.from({ length: 20 }, (_, item) => item),
  labels: new Float32Array(20).fill(5).with(19, 1),
  times: Float64Array.from({ length: 20 }, (_, item) => item * day),
};
const draw = (task: Task, changed: Partial<ListEpisodeOptions> = {}) => {
  const random = randomSource(5);
  return Array.from({ length: 200 }, () => drawListEpisode(task, { ...options, ...changed }, random));
};
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe('an episode that follows the time', () => {
  test('shows consecutive interactions, latest first, with the days before the latest', () => {
    for (const { support } of draw(history)) {
      const latest = support[0]?.item as number;
      expect(support.map(({ item }) => item)).toEqual(support.map((_, back) => latest - back));
      expect(support.map(({ age }) => age)).toEqual(support.map((_, back) => back));
    }
  });

  test('has everything later that the user likes as targets, and everything earlier apart', () => {
    for (const { user, support, earlier, targets } of draw(history)) {
      const [latest, first] = [support[0]?.item as number, support.at(-1)?.item as number];
      expect(user).toBe(3);
      expect(targets.map(({ item }) => item)).toEqual(numbers(latest + 1, 19));
      expect(earlier).toEqual(numbers(0, first));
    }
  });

  test('begins anywhere in the history, and shows a fifth of it to nine tenths', () => {
    const episodes = draw(history);
    const firsts = new Set(episodes.map(({ support }) => support.at(-1)?.item));
    const lengths = new Set(episodes.map(({ support }) => support.length));
    expect(firsts.size).toBeGreaterThan(10);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([4, 17]);
  });

  test('does not search for an item again that the user interacted with before', () => {
    const again: Task = { ...history, items: history.items.map((item) => item % 10) };
    for (const { support, earlier, targets } of draw(again)) {
      const known = new Set([...support.map(({ item }) => item), ...earlier]);
      for (const { item } of targets) expect(known.has(item)).toBe(false);
    }
  });
});

describe('an episode without time', () => {
  const { times: _, ...untimed } = history;

  test.each([
    ['of a history without times', untimed, {}],
    ['as the options ask for', history, { laterShare: 0 }],
  ] as const)('shows random interactions of unknown age, %s', (_title, task, changed) => {
    const episodes = draw(task, changed);
    for (const { support, earlier, targets } of episodes) {
      expect(support.every(({ age }) => age === 0)).toBe(true);
      expect(earlier).toEqual([]);
      const items = [...support, ...targets].map(({ item }) => item).sort((a, b) => a - b);
      // The item that is rated low is shown, or it is missing.
      expect(items.filter((item) => item !== 19)).toEqual(numbers(0, 19));
    }
    expect(
      episodes.some(({ support }) => support.some(({ item }) => item > 15) && support.some(({ item }) => item < 4)),
    ).toBe(true);
  });

  test('is drawn for its share of the episodes of a history with times', () => {
    const episodes = draw(history, { laterShare: 0.7 });
    const inTime = episodes.filter(({ support }) => support.every(({ age }, at) => at === 0 || age > 0)).length;
    expect(inTime / episodes.length).toBeCloseTo(0.7, 1);
  });

  test('keeps the type, the rating, the evidence and the amount of each interaction', () => {
    const view = typeIndex('VIEW');
    const typed: Task = {
      ...untimed,
      types: new Uint8Array(20).with(2, view),
      labels: untimed.labels.with(2, 0),
      amounts: new Float32Array(20).fill(Number.NaN).with(2, 40),
    };
    const shown = draw(typed).flatMap(({ support }) => support.filter(({ item }) => item === 2));
    for (const pair of shown) expect(pair).toEqual({ item: 2, type: view, label: 0, evidence: 1, amount: 40, age: 0 });
  });
});
