import type { PoolClient } from 'pg';

/**
 * Sets the availability that the complete records in `staged_items` state, and returns how many items changed only in
 * that. All these items must be stored, and locked by this transaction, which has changed their titles and features.
 */
export async function loadAvailability(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ changed: number }>(`
    WITH differing AS MATERIALIZED (
      SELECT items.id, staged.available, items.xmin = pg_current_xact_id()::xid AS counted
      FROM (SELECT DISTINCT ON (id) * FROM staged_items ORDER BY id, position) AS staged
      JOIN items ON external_id = staged.id
      WHERE staged.available <> items.available AND (staged.complete OR items.xmin = pg_current_xact_id()::xid)
    ), stored AS (
      UPDATE items SET available = differing.available, updated_at = now() FROM differing
      WHERE items.id = differing.id RETURNING counted
    )
    SELECT count(*) FILTER (WHERE NOT counted)::int AS changed FROM stored`);
  return rows[0]?.changed ?? 0;
}
