import type { PoolClient } from 'pg';
import { type OnBytes, rejectOf } from '../catalog/bulk-catalog.ts';
import { interactionValueProblem, type RatingScale } from '../catalog/interaction-value.ts';
import { notFoundMessage } from '../common/errors.ts';
import type { Dataset, InteractionRecord, InteractionType, OnReject } from '../datasets/dataset.ts';

/** An interaction of a dataset with the internal IDs of its user and item. */
export interface KnownInteraction {
  readonly userId: number;
  readonly itemId: number;
  readonly type: InteractionType;
  readonly value: number | null;
  /** `null` if only the order is known. */
  readonly time: Date | null;
}

/** Internal IDs by external ID. */
export interface CatalogKeys {
  readonly users: ReadonlyMap<string, number>;
  readonly items: ReadonlyMap<string, number>;
}

export async function readCatalogKeys(client: PoolClient): Promise<CatalogKeys> {
  return { users: await keysOf(client, 'users'), items: await keysOf(client, 'items') };
}

/**
 * Yields the interactions of a dataset that can be stored, in order. Rejects interactions of unknown users or items, and
 * values that are not allowed, such as ratings outside the scale.
 */
export async function* knownInteractions(
  dataset: Dataset,
  scale: RatingScale,
  keys: CatalogKeys,
  onReject: OnReject,
  onBytes: OnBytes,
): AsyncGenerator<KnownInteraction[]> {
  for await (const { rows, bytes } of dataset.interactions(onReject)) {
    const known: KnownInteraction[] = [];
    for (const row of rows) {
      const found = knownOrProblem(row.record, scale, keys);
      if (typeof found === 'string') onReject(rejectOf(row, found));
      else known.push(found);
    }
    onBytes(bytes);
    yield known;
  }
}

function knownOrProblem(
  { userId, itemId, type, value, time }: InteractionRecord,
  scale: RatingScale,
  { users, items }: CatalogKeys,
): KnownInteraction | string {
  const user = users.get(userId);
  if (user === undefined) return notFoundMessage('user', userId);
  const item = items.get(itemId);
  if (item === undefined) return notFoundMessage('item', itemId);
  const problem = interactionValueProblem(scale, type, value);
  if (problem) return problem;
  return { userId: user, itemId: item, type, value, time };
}

async function keysOf(client: PoolClient, table: 'users' | 'items'): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ external_ids: string[]; ids: number[] }>(
    `SELECT coalesce(array_agg(external_id ORDER BY id), '{}') AS external_ids,
      coalesce(array_agg(id ORDER BY id), '{}') AS ids FROM ${table}`,
  );
  const { external_ids, ids } = rows[0] as { external_ids: string[]; ids: number[] };
  return new Map(external_ids.map((externalId, index) => [externalId, ids[index] as number]));
}
