import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batch, OnReject, Sourced } from '../dataset.ts';
import type { MappedTable } from './mapped-table.ts';
import type { EntityPart } from './read-sections.ts';

/** A user or an item, with what all its rows say together. */
export interface MergedEntity extends EntityPart {
  readonly incomplete?: true;
}

/** A table with users or items. `says` tells whether its rows have anything besides the ID, such as features. */
export interface EntityTable {
  readonly table: MappedTable;
  readonly says: boolean;
}

const rowsATurn = 1000;

/**
 * Reads the users or the items of all tables, and merges the rows with the same ID: a later value replaces an earlier
 * one, unless it is `null`. Everything is held in memory, since the rows of an ID can be anywhere.
 *
 * An entity is incomplete if one of its rows was rejected. It is incomplete too if a rejected row whose ID cannot be read
 * may be its row: in a table that has no row of it, or that has several rows for an ID.
 */
export async function* mergeEntities(
  name: 'users' | 'items',
  tables: readonly EntityTable[],
  onReject: OnReject,
): AsyncGenerator<Batch<MergedEntity>> {
  const merged = new Map<string, Sourced<EntityPart>>();
  const lost = new Set<string>();
  const unclear: EntitiesOfTable[] = [];
  for (const { table, says } of tables) {
    const entities = new EntitiesOfTable(says && tables.length > 1);
    const onLost = (id: string | undefined) => {
      if (says && id !== undefined) lost.add(id);
      if (says && id === undefined) entities.damaged = true;
    };
    for await (const { rows, bytes } of table.read(name, onReject, onLost)) {
      for (const row of rows) {
        const before = merged.get(row.record.id);
        entities.add(row.record.id, before);
        merged.set(row.record.id, before === undefined ? row : mergedRow(before, row));
      }
      yield { rows: [], bytes };
    }
    if (entities.damaged) unclear.push(entities);
  }
  const isIncomplete = (id: string) => lost.has(id) || unclear.some((entities) => entities.mayLack(id));
  yield* inBatches(merged.values(), isIncomplete);
}

/** Knows which entities have a row in a table. */
class EntitiesOfTable {
  /** Whether a row whose ID cannot be read was rejected. */
  damaged = false;
  /** Is kept only if there are other tables, since otherwise every entity has a row in this one. */
  readonly #ids: Set<string> | undefined;
  #repeated = false;

  constructor(several: boolean) {
    this.#ids = several ? new Set() : undefined;
  }

  /** `before` is what was known of the ID before this row, from any table. */
  add(id: string, before: object | undefined): void {
    if (this.#ids === undefined) this.#repeated ||= before !== undefined;
    else if (this.#ids.has(id)) this.#repeated = true;
    else this.#ids.add(id);
  }

  /** Whether a row whose ID cannot be read may be one of this ID. */
  mayLack(id: string): boolean {
    return this.#repeated || (this.#ids !== undefined && !this.#ids.has(id));
  }
}

/** Keeps the origin of the first row. Most rows of a log say nothing new about a user, so they cost no new object. */
function mergedRow(before: Sourced<EntityPart>, { record }: Sourced<EntityPart>): Sourced<EntityPart> {
  const known = before.record;
  const news = Object.entries(record.features).filter(
    ([name, value]) => value !== null && !(Object.hasOwn(known.features, name) && known.features[name] === value),
  );
  const stated = statedNames.filter((name) => record[name] !== null && record[name] !== known[name]);
  if (news.length === 0 && stated.length === 0) return before;
  const features = { ...known.features, ...Object.fromEntries(news) };
  return {
    ...before,
    record: { ...known, ...Object.fromEntries(stated.map((name) => [name, record[name]])), features },
  };
}

/** What a row says besides the ID and features. */
const statedNames = ['title', 'available', 'availableFrom', 'availableUntil'] as const;

async function* inBatches(
  entities: Iterable<Sourced<EntityPart>>,
  isIncomplete: (id: string) => boolean,
): AsyncGenerator<Batch<MergedEntity>> {
  let rows: Sourced<MergedEntity>[] = [];
  for (const entity of entities) {
    const { record } = entity;
    rows.push(isIncomplete(record.id) ? { ...entity, record: { ...record, incomplete: true } } : entity);
    if (rows.length < rowsATurn) continue;
    yield { rows, bytes: 0 };
    rows = [];
    await nextTurn();
  }
  yield { rows, bytes: 0 };
}
