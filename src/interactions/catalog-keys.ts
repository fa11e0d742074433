import type { PoolClient } from 'pg';

/** Internal IDs by external ID. */
export interface CatalogKeys {
  readonly users: Map<string, number>;
  readonly items: Map<string, number>;
  readonly scenarios: Map<string, number>;
}

export async function readCatalogKeys(client: PoolClient): Promise<CatalogKeys> {
  return {
    users: await keysOf(client, 'users'),
    items: await keysOf(client, 'items'),
    scenarios: await keysOf(client, 'scenarios'),
  };
}

async function keysOf(client: PoolClient, table: keyof CatalogKeys): Promise<Map<string, number>> {
  const { rows } = await client.query<{ external_ids: string[]; ids: number[] }>(
    `SELECT coalesce(array_agg(external_id ORDER BY id), '{}') AS external_ids,
      coalesce(array_agg(id ORDER BY id), '{}') AS ids FROM ${table}`,
  );
  const { external_ids, ids } = rows[0] as { external_ids: string[]; ids: number[] };
  return new Map(external_ids.map((externalId, index) => [externalId, ids[index] as number]));
}
