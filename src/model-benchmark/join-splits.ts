import type { RankingTask } from '../evaluation/ranking-tasks.ts';
import type { ScenarioSplit } from '../evaluation/split-scenarios.ts';
import type { Pairs, Task } from '../tasks/training-data.ts';
import { concatenated, type DomainStart, joinPairs, movePairs, shifted } from './join-tables.ts';

/** The split of a domain. */
export interface DomainSplit extends ScenarioSplit {
  /** The pairs that say the opposite of a positive. */
  readonly ignored: Pairs | undefined;
}

/** The split of all domains together. */
export interface JoinedSplit extends Omit<DomainSplit, 'tests'> {
  /** The tests of each domain. */
  readonly tests: readonly (readonly RankingTask[])[];
}

/**
 * Joins the splits of domains whose rows follow each other. A task keeps the candidates of its own domain, from which its
 * negatives are drawn. Whether evaluated users would like test items of another domain is unknown too.
 */
export function joinSplits(splits: readonly DomainSplit[], starts: readonly DomainStart[]): JoinedSplit {
  const startOf = (at: number) => starts[at] as DomainStart;
  const joined = (pairs: readonly Pairs[]) => joinPairs(pairs.map((part, at) => movePairs(part, startOf(at))));
  const marks = splits.map(({ known }) => known.unknown ?? noMarks);
  return {
    known: {
      ...joined(splits.map(({ known }) => known)),
      unknown: {
        users: concatenated(
          Uint8Array,
          marks.map(({ users }) => users),
        ),
        items: concatenated(
          Uint8Array,
          marks.map(({ items }) => items),
        ),
      },
    },
    ignored: splits.some(({ ignored }) => ignored) ? joined(splits.map(({ ignored = none }) => ignored)) : undefined,
    tasks: splits.flatMap(({ tasks }, at) => tasks.map((task) => moveTask(task, startOf(at)))),
    tests: splits.map(({ tests }, at) => tests.map((test) => moveTest(test, startOf(at)))),
  };
}

const none: Pairs = { users: new Int32Array(), items: new Int32Array() };
const noMarks = { users: new Uint8Array(), items: new Uint8Array() };

function moveTask({ candidates, ...task }: Task, start: DomainStart): Task {
  return { ...task, ...movePairs(task, start), ...(candidates && { candidates: shifted(candidates, start.items) }) };
}

/** The items of a query are places among the candidates, so they stay. */
function moveTest({ support, candidates, queries }: RankingTask, start: DomainStart): RankingTask {
  return {
    support: movePairs(support, start),
    candidates: shifted(candidates, start.items),
    queries: queries.map(({ user, relevant }) => ({ user: user + start.users, relevant })),
  };
}
