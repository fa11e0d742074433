import type { Entity } from '../features/encode-features.ts';
import type { Features } from '../features/feature-schema.ts';
import type { Database } from '../store/database.ts';

/** A stored user or item with the internal id, by which interactions name it. */
export interface StoredEntity extends Entity {
  readonly internalId: number;
}

interface StoredRow {
  readonly id: number;
  readonly externalId: string;
  readonly features: unknown;
}

/** Rows read between two turns of the event loop. */
const rowsPerRead = 1000;
const select = { id: true, externalId: true, features: true } as const;

/** Those of the users who are still there, by internal id; `ids` ascend. */
export async function readUsers(database: Database, ids: readonly number[]): Promise<StoredEntity[]> {
  const users: StoredEntity[] = [];
  for (let start = 0; start < ids.length; start += rowsPerRead) {
    const where = { id: { in: ids.slice(start, start + rowsPerRead) } };
    const rows = await database.user.findMany({ where, select, orderBy: { id: 'asc' } });
    users.push(...rows.map(entityOf));
  }
  return users;
}

/** All items, by internal id. */
export async function readItems(database: Database): Promise<StoredEntity[]> {
  const items: StoredEntity[] = [];
  for (;;) {
    const where = { id: { gt: items.at(-1)?.internalId ?? 0 } };
    const rows = await database.item.findMany({ where, select, orderBy: { id: 'asc' }, take: rowsPerRead });
    items.push(...rows.map(entityOf));
    if (rows.length < rowsPerRead) return items;
  }
}

/** Rows by internal id. */
export function rowsByInternalId(entities: readonly StoredEntity[]): ReadonlyMap<number, number> {
  return new Map(entities.map(({ internalId }, row) => [internalId, row]));
}

function entityOf({ id, externalId, features }: StoredRow): StoredEntity {
  return { internalId: id, id: externalId, features: features as Features };
}
