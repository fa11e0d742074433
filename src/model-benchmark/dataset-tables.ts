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
import { InteractionTypes, rating } from '../features/interaction-types.ts';
import type { FeedbackKind } from '../tasks/training-data.ts';
import { InteractionColumns } from './interaction-columns.ts';

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
  /** The row of the scenario that each interaction names, −1 for none. Absent if no interaction names one. */
  readonly scenarios?: Int32Array;
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
  /** The datasets that were joined into this one, in the order of their rows. Absent if it is a single one. */
  readonly domains?: readonly DatasetTables[];
}

/**
 * Reads a whole dataset, with the interactions of a kind, by default ratings alone. With `any`, these are all ratings,
 * and what says that a user likes an item. Leaves out invalid rows and reports them.
 */
export async function readTables(
  dataset: Dataset,
  onReject: OnReject,
  feedback: FeedbackKind = 'ratings',
): Promise<DatasetTables> {
  const [users, items]: [Entity[], Entity[]] = [[], []];
  for await (const { record } of rowsOf(dataset.users(onReject))) users.push(record);
  for await (const { record } of rowsOf(dataset.items(onReject))) items.push(record);
  const scenarios = await readScenarios(dataset.scenarios(onReject), { items }, onReject);
  const rows = { users, items, scenarios };
  const interactions = await readInteractions(dataset.interactions(onReject), rows, onReject, feedback);
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
 * Reads interactions as rows of users, items and scenarios, in the order of each user's times. Leaves out those of unknown
 * users, items or scenarios and reports them.
 */
export async function readInteractions(
  interactions: AsyncIterable<Batch<InteractionRecord>>,
  { users, items, scenarios }: Pick<DatasetTables, 'users' | 'items' | 'scenarios'>,
  onReject: OnReject,
  feedback: FeedbackKind,
): Promise<InteractionTable> {
  const rows = { user: rowsById(users), item: rowsById(items), scenario: rowsById(scenarios) };
  const read = new InteractionColumns();
  let [timed, named] = [true, false];
  for await (const sourced of rowsOf(interactions)) {
    const { userId, itemId, scenarioId, value, time, type } = sourced.record;
    if (!belongsTo(feedback, sourced.record)) continue;
    const [user, item] = [rows.user.get(userId), rows.item.get(itemId)];
    const scenario = scenarioId === undefined ? -1 : rows.scenario.get(scenarioId);
    timed &&= time !== null;
    named ||= scenarioId !== undefined;
    if (user !== undefined && item !== undefined && scenario !== undefined)
      read.add({ user, item, scenario, type: indexOf(type), value: type === rating ? (value ?? 0) : 0, time });
    else onReject({ ...sourced, reason: reasonOf(sourced.record, { user, item }) });
  }
  const { times, scenarios: names, ...columns } = read.inTime();
  return { ...columns, ...(timed && { times }), ...(named && { scenarios: names }) };
}

/** Datasets of files have the default types. */
const types = new InteractionTypes();

function indexOf(type: string): number {
  return types.indexOf(type) as number;
}

function belongsTo(feedback: FeedbackKind, { type, value }: InteractionRecord): boolean {
  if (type === rating) return value !== null;
  if (feedback !== 'any') return feedback === 'typed' && types.indexOf(type) !== undefined;
  return (types.opinionOf(types.indexOf(type) ?? -1, value) ?? 0) > 0;
}

function reasonOf(
  { userId, itemId, scenarioId }: InteractionRecord,
  { user, item }: { readonly user: number | undefined; readonly item: number | undefined },
): string {
  if (user === undefined) return notFoundMessage('user', userId);
  return item === undefined ? notFoundMessage('item', itemId) : notFoundMessage('scenario', scenarioId as string);
}

function rowsById(entities: readonly { readonly id: string }[]): ReadonlyMap<string, number> {
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
