import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ScenarioSplit, splitScenarios } from '../../src/evaluation/split-scenarios.ts';
import { SeenItems } from '../../src/tasks/negatives.ts';
import { randomSource } from '../../src/tasks/random.ts';
import type { Interactions } from '../../src/tasks/training-data.ts';
import { dataWithTasks } from '../tasks/tasks-of.ts';

interface Small {
  readonly users: number;
  readonly items: number;
  readonly pairs: readonly (readonly [user: number, item: number])[];
  readonly scenarios: readonly { readonly members: Int32Array; readonly tests: boolean }[];
  readonly seed: number;
}

const small: fc.Arbitrary<Small> = fc
  .record({ users: fc.integer({ min: 1, max: 12 }), items: fc.integer({ min: 1, max: 10 }) })
  .chain(({ users, items }) => {
    const item = fc.nat(items - 1);
    return fc.record({
      users: fc.constant(users),
      items: fc.constant(items),
      pairs: fc.array(fc.tuple(fc.nat(users - 1), item), { maxLength: 80 }),
      scenarios: fc.array(
        fc.record({
          members: fc.uniqueArray(item).map((rows) => Int32Array.from(rows).sort()),
          tests: fc.boolean(),
        }),
        { maxLength: 6 },
      ),
      seed: fc.integer(),
    });
  });

function split({ users, items, pairs, scenarios, seed }: Small): ScenarioSplit {
  return splitScenarios(
    {
      users: Int32Array.from(pairs, ([user]) => user),
      items: Int32Array.from(pairs, ([, item]) => item),
    },
    {
      scenarios: scenarios.map(({ members }) => members),
      isTest: (scenario) => scenarios[scenario]?.tests === true,
    },
    { users, items },
    randomSource(seed),
  );
}

function pairsOf({ users, items }: Interactions): Set<string> {
  return new Set([...users].map((user, pair) => `${user} ${items[pair]}`));
}

/** The evaluated pairs. */
function evaluatedPairs({ tests }: ScenarioSplit): { user: number; item: number }[] {
  return tests.flatMap(({ candidates, queries }) =>
    queries.flatMap(({ user, relevant }) =>
      [...relevant].map((place) => ({ user, item: candidates[place] as number })),
    ),
  );
}

describe('splitScenarios', () => {
  test('no evaluated pair is among the known interactions', () => {
    fc.assert(
      fc.property(small, (given) => {
        const parts = split(given);
        const known = pairsOf(parts.known);
        const inTasks = parts.tasks.map(pairsOf);
        const supports = parts.tests.map(({ support }) => pairsOf(support));
        for (const { user, item } of evaluatedPairs(parts)) {
          const pair = `${user} ${item}`;
          expect(known.has(pair)).toBe(false);
          for (const task of inTasks) expect(task.has(pair)).toBe(false);
          for (const support of supports) expect(support.has(pair)).toBe(false);
          expect(parts.known.unknown?.users[user]).toBe(1);
          expect(parts.known.unknown?.items[item]).toBe(1);
        }
      }),
    );
  });

  test('no negative is drawn from the evaluated pairs', () => {
    fc.assert(
      fc.property(small, (given) => {
        const parts = split(given);
        const data = dataWithTasks(new Array(given.users).fill(1));
        const seen = new SeenItems({ ...data, interactions: parts.known });
        for (const { user, item } of evaluatedPairs(parts)) expect(seen.has(user, item)).toBe(true);
      }),
    );
  });

  test('known interactions do not depend on the evaluated pairs', () => {
    fc.assert(
      fc.property(small, (given) => {
        const parts = split(given);
        const evaluated = new Set(evaluatedPairs(parts).map(({ user, item }) => `${user} ${item}`));
        const without = split({
          ...given,
          pairs: given.pairs.filter(([user, item]) => !evaluated.has(`${user} ${item}`)),
        });
        expect(without.known).toEqual(parts.known);
        expect(without.tasks).toEqual(parts.tasks);
        expect(without.tests.map(({ support }) => support)).toEqual(parts.tests.map(({ support }) => support));
      }),
    );
  });

  test('queries the interactions of half of the users in a scenario, and supports with those of the others', () => {
    fc.assert(
      fc.property(small, (given) => {
        const { tests, known } = split(given);
        const marks = known.unknown?.users ?? new Uint8Array();
        expect(marks.reduce((sum, mark) => sum + mark, 0)).toBe(Math.floor(given.users / 2));
        const testing = given.scenarios.filter((scenario) => scenario.tests);
        expect(tests.map(({ candidates }) => candidates)).toEqual(testing.map(({ members }) => members));
        for (const { candidates, support, queries } of tests) {
          const inside = given.pairs.filter(([, item]) => candidates.includes(item));
          const queried = queries.flatMap(({ user, relevant }) =>
            [...relevant].map((place) => `${user} ${candidates[place]}`),
          );
          const of = (mark: number) =>
            inside.filter(([user]) => marks[user] === mark).map(([user, item]) => `${user} ${item}`);
          expect(queried.sort()).toEqual([...new Set(of(1))].sort());
          const supports = [...support.users].map((user, pair) => `${user} ${support.items[pair]}`);
          expect(supports.sort()).toEqual(of(0).sort());
          for (const { relevant } of queries) expect(relevant.length).toBeGreaterThan(0);
          expect(new Set(queries.map(({ user }) => user)).size).toBe(queries.length);
        }
      }),
    );
  });

  test('trains on all other interactions in the other scenarios', () => {
    fc.assert(
      fc.property(small, (given) => {
        const { tasks, known } = split(given);
        const { users, items } = known.unknown ?? { users: new Uint8Array(), items: new Uint8Array() };
        const knowable = given.pairs.filter(([user, item]) => !(users[user] && items[item]));
        const training = given.scenarios.filter((scenario) => !scenario.tests);
        expect(tasks.length).toBe(training.length);
        for (const [index, task] of tasks.entries()) {
          const members = training[index]?.members ?? new Int32Array();
          expect(task.candidates).toEqual(members);
          expect([...task.users].map((user, pair) => [user, task.items[pair]])).toEqual(
            knowable.filter(([, item]) => members.includes(item)),
          );
          expect(task.labels.every((label) => label === 1)).toBe(true);
        }
      }),
    );
  });

  test('evaluates the given users', () => {
    const { tests, known } = splitScenarios(
      { users: Int32Array.of(0, 1, 2), items: Int32Array.of(0, 0, 0) },
      { scenarios: [Int32Array.of(0)], isTest: () => true },
      { users: 3, items: 1 },
      randomSource(1),
      new Set([2]),
    );
    expect(tests[0]?.queries.map(({ user }) => user)).toEqual([2]);
    expect([...known.users]).toEqual([0, 1]);
    expect([...(known.unknown?.users ?? [])]).toEqual([0, 0, 1]);
  });

  test('gives a scenario only its own pairs if pairs belong to scenarios', () => {
    // User, item and scenario: user 1 is evaluated, and the second scenario tests. Its items are 1 and 2.
    const pairs = [
      [0, 0, 0],
      [0, 1, 1],
      [0, 2, -1],
      [1, 0, 0],
      [1, 1, 0],
      [1, 2, 1],
    ] as const;
    const columns = {
      users: Int32Array.from(pairs, ([user]) => user),
      items: Int32Array.from(pairs, ([, item]) => item),
      scenarios: Int32Array.from(pairs, ([, , scenario]) => scenario),
    };
    const scenarios = [Int32Array.of(0, 1), Int32Array.of(1, 2)];
    const { known, tasks, tests } = splitScenarios(
      columns,
      { scenarios, isTest: (scenario) => scenario === 1 },
      { users: 2, items: 3 },
      randomSource(1),
      new Set([1]),
    );
    expect([...pairsOf(known)]).toEqual(['0 0', '0 1', '0 2', '1 0']);
    expect(tasks.map((task) => [...pairsOf(task)])).toEqual([['0 0', '1 0']]);
    expect(tests.map(({ support }) => [...pairsOf(support)])).toEqual([['0 1']]);
    // Item 2 is the second candidate.
    expect(tests.map(({ queries }) => queries)).toEqual([[{ user: 1, relevant: Int32Array.of(1) }]]);
  });
});
