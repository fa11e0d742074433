import { PairsByItem } from '../tasks/pairs-by-item.ts';
import { type Random, shuffle } from '../tasks/random.ts';
import type { Interactions, Pairs, Task } from '../tasks/training-data.ts';
import type { RankingQuery, RankingTask } from './ranking-tasks.ts';

/** Pairs of rows of users and items. */
export interface ScenarioPairs extends Pairs {
  /**
   * The row of the scenario that each pair belongs to, −1 for none. Default: a pair belongs to all scenarios with its item.
   */
  readonly scenarios?: Int32Array;
}

export interface ScenarioSplit {
  /** All interactions that training and pre-training may use. */
  readonly known: Interactions;
  /** A task of the known pairs of each training scenario. */
  readonly tasks: readonly Task[];
  readonly tests: readonly RankingTask[];
}

/**
 * Splits interactions for a test on scenarios that a model was not trained on. The `evaluated` users, by default a
 * random half, are the queries of the test scenarios. None of their interactions with an item of any test scenario is
 * known, neither as a pair of a training scenario that shares the item nor in pre-training. The other users give the
 * support sets.
 *
 * `scenarios` are rows of items, ascending, and `isTest` returns whether a scenario tests. `users` and `items` are the
 * numbers of users and items.
 */
export function splitScenarios(
  interactions: ScenarioPairs,
  { scenarios, isTest }: { scenarios: readonly Int32Array[]; isTest: (scenario: number) => boolean },
  { users, items }: { users: number; items: number },
  random: Random,
  evaluated: ReadonlySet<number> = halfOf(users, random),
): ScenarioSplit {
  const tested = new Set(scenarios.flatMap((members, scenario) => (isTest(scenario) ? [...members] : [])));
  const isHeldOut = (user: number, item: number) => evaluated.has(user) && tested.has(item);
  const knownPairs = filterPairs(interactions, (user, item) => !isHeldOut(user, item));
  const known = {
    users: knownPairs.users,
    items: knownPairs.items,
    unknown: {
      users: Uint8Array.from({ length: users }, (_, user) => (evaluated.has(user) ? 1 : 0)),
      items: Uint8Array.from({ length: items }, (_, item) => (tested.has(item) ? 1 : 0)),
    },
  };
  const held = filterPairs(interactions, isHeldOut);
  const rows = [...scenarios.keys()];
  const knownOf = pairsOfScenarios(knownPairs, scenarios, items);
  const heldOf = pairsOfScenarios(held, scenarios, items);
  return {
    known,
    tasks: rows.filter((row) => !isTest(row)).map((row) => taskOf(knownOf(row), scenarios[row] as Int32Array)),
    tests: rows.filter(isTest).map((row) => testOf(knownOf(row), heldOf(row), scenarios[row] as Int32Array, random)),
  };
}

function halfOf(users: number, random: Random): ReadonlySet<number> {
  const order = Int32Array.from({ length: users }, (_, user) => user);
  shuffle(order, random);
  return new Set(order.subarray(0, Math.floor(users / 2)));
}

/** Returns the function that finds the pairs of a scenario. */
function pairsOfScenarios(
  pairs: ScenarioPairs,
  scenarios: readonly Int32Array[],
  items: number,
): (scenario: number) => Pairs {
  const byItem = new PairsByItem(pairs, items);
  const { scenarios: named } = pairs;
  return (scenario) => byItem.of(scenarios[scenario] as Int32Array, named && ((pair) => named[pair] === scenario));
}

function taskOf({ users, items }: Pairs, candidates: Int32Array): Task {
  return { users, items, labels: new Float32Array(items.length).fill(1), candidates };
}

/** The support pairs are in random order, so the first ones are a random sample. */
function testOf(support: Pairs, held: Pairs, candidates: Int32Array, random: Random): RankingTask {
  const members = new Map([...candidates].map((item, index) => [item, index]));
  const order = Int32Array.from(support.users.keys());
  shuffle(order, random);
  return {
    support: {
      users: order.map((pair) => support.users[pair] as number),
      items: order.map((pair) => support.items[pair] as number),
    },
    candidates,
    queries: queriesOf(held, members),
  };
}

function queriesOf({ users, items }: Interactions, indices: ReadonlyMap<number, number>): RankingQuery[] {
  const relevant = new Map<number, number[]>();
  for (const [pair, user] of users.entries()) {
    const found = relevant.get(user);
    const index = indices.get(items[pair] as number) as number;
    if (found) found.push(index);
    else relevant.set(user, [index]);
  }
  return [...relevant].map(([user, found]) => ({ user, relevant: Int32Array.from(new Set(found)) }));
}

function filterPairs(
  { users, items, scenarios }: ScenarioPairs,
  keep: (user: number, item: number) => boolean,
): ScenarioPairs {
  const kept = new Uint8Array(users.length);
  for (const [pair, user] of users.entries()) kept[pair] = keep(user, items[pair] as number) ? 1 : 0;
  const isKept = (_: number, pair: number) => kept[pair] === 1;
  return {
    users: users.filter(isKept),
    items: items.filter(isKept),
    ...(scenarios && { scenarios: scenarios.filter(isKept) }),
  };
}
