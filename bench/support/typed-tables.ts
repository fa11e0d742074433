import type { Batch, Dataset, InteractionRecord } from '../../src/datasets/dataset.ts';
import type { Entity } from '../../src/features/encode-features.ts';
import type { FeatureField } from '../../src/features/feature-schema.ts';
import { type DefaultTypeName, typeIndex } from '../../src/features/interaction-types.ts';
import type { Task } from '../../src/tasks/training-data.ts';

/** A dataset in memory with interactions of every type. Users, items and scenarios are rows. */
export interface TypedTables {
  readonly fields: readonly FeatureField[];
  readonly users: readonly Entity[];
  readonly items: readonly Entity[];
  /** The title and the rows of the items of each scenario. */
  readonly scenarios: readonly { readonly title: string; readonly items: readonly number[] }[];
  /** The history of each user with interactions, in the order of time, each item once for each type. */
  readonly histories: readonly Task[];
}

/**
 * Reads a whole dataset that refers to no unknown users or items, and has each user's interactions in the order of time.
 * Histories are those that training loads.
 */
export async function readTypedTables(dataset: Dataset): Promise<TypedTables> {
  const ignore = () => {};
  const users = await recordsOf(dataset.users(ignore));
  const items = await recordsOf(dataset.items(ignore));
  const itemRows = rowsById(items);
  const rowOf = (id: string) => itemRows.get(id) as number;
  const scenarios = await recordsOf(dataset.scenarios(ignore));
  const histories = historiesOf(await recordsOf(dataset.interactions(ignore)), rowsById(users), itemRows);
  return {
    fields: dataset.fields,
    users,
    items,
    scenarios: scenarios.map(({ title, items: members }) => ({ title, items: members.map(rowOf) })),
    histories,
  };
}

async function recordsOf<T>(batches: AsyncIterable<Batch<T>>): Promise<T[]> {
  const records: T[] = [];
  for await (const { rows } of batches) for (const { record } of rows) records.push(record);
  return records;
}

function rowsById(entities: readonly { readonly id: string }[]): ReadonlyMap<string, number> {
  return new Map(entities.map(({ id }, row) => [id, row]));
}

/** A later interaction replaces an earlier one of the same type with the same item. */
function historiesOf(
  interactions: readonly InteractionRecord[],
  users: ReadonlyMap<string, number>,
  items: ReadonlyMap<string, number>,
): Task[] {
  const byUser = new Map<string, Map<string, InteractionRecord>>();
  for (const interaction of interactions) {
    const own = byUser.get(interaction.userId) ?? new Map<string, InteractionRecord>();
    const key = `${interaction.type} ${interaction.itemId}`;
    own.delete(key);
    byUser.set(interaction.userId, own.set(key, interaction));
  }
  return [...byUser].map(([id, own]) => {
    const pairs = [...own.values()];
    return {
      users: Int32Array.of(users.get(id) as number),
      items: Int32Array.from(pairs, ({ itemId }) => items.get(itemId) as number),
      types: Uint8Array.from(pairs, ({ type }) => typeIndex(type as DefaultTypeName)),
      labels: Float32Array.from(pairs, ({ value }) => value ?? 0),
      ...(pairs.every(({ time }) => time !== null) && {
        times: Float64Array.from(pairs, ({ time }) => (time as Date).getTime()),
      }),
    };
  });
}
