import { notFoundMessage } from '../common/errors.ts';
import type {
  Batch,
  Dataset,
  InteractionRecord,
  OnReject,
  Reject,
  ScenarioRecord,
  Sourced,
} from '../datasets/dataset.ts';
import type { Entity } from '../features/encode-features.ts';
import type { FeatureField } from '../features/feature-schema.ts';
import { typeIndex } from '../features/interaction-types.ts';
import { RatingColumns } from './rating-columns.ts';

/** Interactions in parallel arrays. A user's interactions are in the order in which they happened. */
export interface InteractionTable {
  /** The rows of the users and of the items. */
  readonly users: Int32Array;
  readonly items: Int32Array;
  /** See `typeIndex`. */
  readonly types: Uint8Array;
  /** The rating of each interaction of type RATE, and 0 for all others. */
  readonly values: Float32Array;
  /** What each interaction says, see `opinionOf`. If absent, the types are the default ones. */
  readonly opinions?: Float32Array;
  /** See `Task`. */
  readonly amounts?: Float32Array;
  /** The time of each interaction, in milliseconds since 1970. Absent if only the order is known. */
  readonly times?: Float64Array;
}

export interface ScenarioItems {
  readonly id: string;
  /** The rows of the items. */
  readonly items: Int32Array;
}

/** A dataset in memory. */
export interface DatasetTables {
  readonly fields: readonly FeatureField[];
  readonly users: readonly Entity[];
  readonly items: readonly Entity[];
  readonly scenarios: readonly ScenarioItems[];
  readonly interactions: InteractionTable;
  /** The names of the types of interactions, see `TrainingData`. */
  readonly typeNames?: readonly string[];
  /** The rating from which an item is liked, if it is known. */
  readonly positiveFrom?: number;
}

/** Reads a whole dataset, with ratings alone as its interactions. Leaves out invalid rows and reports them. */
export async function readTables(dataset: Dataset, onReject: OnReject): Promise<DatasetTables> {
  const [users, items]: [Entity[], Entity[]] = [[], []];
  for await (const { record } of rowsOf(dataset.users(onReject))) users.push(record);
  for await (const { record } of rowsOf(dataset.items(onReject))) items.push(record);
  const scenarios = await readScenarios(dataset.scenarios(onReject), { items }, onReject);
  const interactions = await readRatings(dataset.interactions(onReject), { users, items }, onReject);
  return { fields: dataset.fields, users, items, scenarios, interactions };
}

/** Reads scenarios as rows of items. Leaves out unknown items and reports them. */
export async function readScenarios(
  scenarios: AsyncIterable<Batch<ScenarioRecord>>,
  { items }: Pick<DatasetTables, 'items'>,
  onReject: OnReject,
): Promise<ScenarioItems[]> {
  const itemRows = rowsById(items);
  const read: ScenarioItems[] = [];
  for await (const sourced of rowsOf(scenarios)) {
    const { id: scenario, items: members } = sourced.record;
    const rows = new Set<number>();
    for (const id of members) {
      const row = itemRows.get(id);
      // The reported line is the first one of the scenario.
      if (row === undefined) onReject({ ...sourced, reason: `${notFoundMessage('item', id)} (scenario ${scenario})` });
      else rows.add(row);
    }
    read.push({ id: scenario, items: Int32Array.from(rows).sort() });
  }
  return read;
}

/**
 * Reads ratings as rows of users and items, in the order of each user's times. Leaves out ratings of unknown users or
 * items and reports them.
 */
export async function readRatings(
  interactions: AsyncIterable<Batch<InteractionRecord>>,
  { users, items }: Pick<DatasetTables, 'users' | 'items'>,
  onReject: OnReject,
): Promise<InteractionTable> {
  const [userRows, itemRows] = [rowsById(users), rowsById(items)];
  const read = new RatingColumns();
  let timed = true;
  for await (const sourced of rowsOf(interactions)) {
    const { userId, itemId, value, time, type } = sourced.record;
    const [user, item] = [userRows.get(userId), itemRows.get(itemId)];
    if (type !== 'RATE' || value === null) continue;
    timed &&= time !== null;
    if (user !== undefined && item !== undefined) read.add({ user, item, value, time });
    else
      onReject({
        ...sourced,
        reason: user === undefined ? notFoundMessage('user', userId) : notFoundMessage('item', itemId),
      });
  }
  const { times, ...columns } = read.inTime();
  const types = new Uint8Array(columns.users.length).fill(typeIndex('RATE'));
  return { ...columns, types, ...(timed && { times }) };
}

function rowsById(entities: readonly Entity[]): ReadonlyMap<string, number> {
  return new Map(entities.map(({ id }, row) => [id, row]));
}

async function* rowsOf<T>(batches: AsyncIterable<Batch<T>>): AsyncGenerator<Sourced<T>> {
  for await (const { rows } of batches) yield* rows;
}

/** The number of invalid rows in a file, and the first of them. */
export interface RejectedRows {
  readonly file: string;
  readonly count: number;
  readonly first: Pick<Reject, 'line' | 'reason'>;
}

/** Counts rejected rows by file, because all rows of a file can be invalid. */
export class RejectedRowsByFile {
  readonly #byFile = new Map<string, RejectedRows>();

  /** Reports rows under `path` if it is given, because two files can have the same base name. */
  counter(path?: string): OnReject {
    return ({ file, line, reason }) => {
      const name = path ?? file;
      const before = this.#byFile.get(name);
      // Rows that cannot be parsed are reported a batch ahead of rows with an unknown ID.
      const first = before && before.first.line <= line ? before.first : { line, reason };
      this.#byFile.set(name, { file: name, count: (before?.count ?? 0) + 1, first });
    };
  }

  all(): RejectedRows[] {
    return [...this.#byFile.values()];
  }
}
