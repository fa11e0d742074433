import { describe, expect, test } from '@jest/globals';
import { rowWithout } from '../../src/features/dropped-features.ts';
import { type DropoutOptions, dropFeatures } from '../../src/tasks/drop-features.ts';
import { allocateBatch, type BatchPairs } from '../../src/tasks/episode-batch.ts';
import { defaultEpisodes, type EpisodeOptions } from '../../src/tasks/episode-options.ts';
import { SeenItems } from '../../src/tasks/negatives.ts';
import { randomSource } from '../../src/tasks/random.ts';
import { sampleEpisode } from '../../src/tasks/sample-episode.ts';
import type { Task } from '../../src/tasks/training-data.ts';
import { dataWithTasks } from './tasks-of.ts';

/** Thirty users with the first 40 of 80 items, and one with all. */
const data = dataWithTasks([...new Array(30).fill(40), 80]);
const [users, items] = [data.users.rows, data.items.rows];
/** What the episode of a task is before and after dropping. */
function episode(
  task: Task,
  options: DropoutOptions,
  { random = randomSource(1), negatives = 'none' as EpisodeOptions['negatives'] },
) {
  const size = { tasks: 2, support: 40, query: 40, userPerPair: task.users.length > 1 };
  const [before, after] = [allocateBatch(size), allocateBatch(size)];
  const episodes = { ...defaultEpisodes, supportPairs: 20, queryPairs: 20, shortSupportShare: 0, negatives };
  const source = { items, seen: new SeenItems(data) };
  for (const batch of [before, after]) sampleEpisode(batch, task, episodes, randomSource(1), source);
  dropFeatures(after, data, options, random);
  return { before, after };
}

const ofUser = data.tasks[3] as Task;
/** All users with the item of their own row. */
const scenario: Task = {
  users: Int32Array.from({ length: 30 }, (_, user) => user),
  items: Int32Array.from({ length: 30 }, (_, user) => user),
  labels: new Float32Array(30).fill(1),
};

function itemsOf({ items: all, mask }: BatchPairs): number[] {
  return [...all].filter((_, pair) => mask[pair] === 1);
}

describe('the pairs of an episode', () => {
  test('do not change if nothing is to be dropped', () => {
    const { before, after } = episode(ofUser, { featureDropout: 0, idDropout: 0 }, {});
    expect(after).toEqual(before);
  });

  test('are pairs of an unknown user and unknown items if all features are dropped', () => {
    const { after } = episode(ofUser, { featureDropout: 1, idDropout: 1 }, {});
    for (const part of [after.support, after.query]) {
      expect(new Set(itemsOf(part))).toEqual(new Set([rowWithout.features(items)]));
      expect(part.users[0]).toBe(rowWithout.features(users));
    }
  });

  test('keep the features if all IDs are dropped, and labels and masks in any case', () => {
    const { before, after } = episode(ofUser, { featureDropout: 0, idDropout: 1 }, {});
    for (const part of ['support', 'query'] as const) {
      expect(itemsOf(after[part])).toEqual(itemsOf(before[part]).map((item) => rowWithout.id(items, item)));
      expect(after[part].users[0]).toBe(rowWithout.id(users, 3));
      expect(after[part].labels).toEqual(before[part].labels);
      expect(after[part].mask).toEqual(before[part].mask);
    }
  });

  test('have the given shares of dropped items and users', () => {
    const [count, random] = [300, randomSource(1)];
    const seen = { user: [0, 0, 0], item: [0, 0, 0] };
    const kinds = (row: number, of: number) => (row === rowWithout.features(of) ? 2 : row >= of ? 1 : 0);
    for (let drawn = 0; drawn < count; drawn++) {
      const { after } = episode(ofUser, { featureDropout: 0.2, idDropout: 0.25 }, { random });
      for (const item of [...itemsOf(after.support), ...itemsOf(after.query)]) seen.item[kinds(item, items)]! += 1;
      seen.user[kinds(after.query.users[0] as number, users)]! += 1;
      expect(after.support.users[0]).toBe(after.query.users[0]);
    }
    // 0.2, and 0.25 of the rest. Five standard deviations of a binomial.
    for (const [of, draws] of [
      ['user', count],
      ['item', 40 * count],
    ] as const) {
      for (const [kind, share] of [0.6, 0.2, 0.2].entries())
        expect(Math.abs((seen[of][kind] as number) - share * draws)).toBeLessThan(
          5 * Math.sqrt(share * (1 - share) * draws),
        );
    }
  });

  test('of a scenario have the same user in a positive and its negative, and every user is drawn for itself', () => {
    const options = { featureDropout: 0.5, idDropout: 0.5 };
    const { before, after } = episode(scenario, options, { negatives: 'both' });
    const drawn = new Set<number>();
    for (const part of ['support', 'query'] as const) {
      const [given, got] = [before[part], after[part]];
      const half = got.places / 2;
      for (let pair = 0; pair < half; pair++) {
        if (got.mask[pair] === 0) continue;
        const user = given.users[pair] as number;
        expect([user, rowWithout.id(users, user), rowWithout.features(users)]).toContain(got.users[pair]);
        expect(got.users[half + pair]).toBe(got.users[pair]);
        drawn.add(got.users[pair] as number);
      }
    }
    expect(drawn.size).toBeGreaterThan(3);
  });
});

test('places of padding keep rows that exist', () => {
  const { before, after } = episode(ofUser, { featureDropout: 1, idDropout: 0 }, {});
  expect(after.filled).toBe(1);
  expect([...after.query.items.subarray(40)]).toEqual([...before.query.items.subarray(40)]);
  expect(after.query.users[1]).toBe(before.query.users[1]);
});
