import type { PoolClient } from 'pg';
import { type Sql, sql } from '../store/database.ts';

/**
 * The first half of the advisory lock that the owner of a running training holds on a connection of its own; the
 * second is the run's id. A run that is RUNNING while its lock is free has lost its owner.
 */
const lockClass = 7_463_203;

/** Whether the lock of this run is free, for as long as the statement's transaction lasts. */
export function lockIsFree(id: Sql): Sql {
  return sql`pg_try_advisory_xact_lock(${lockClass}::int, ${id})`;
}

/** Takes a run's lock for this connection, until it closes; `false` when another has it. */
export async function lockRun(client: PoolClient, id: number): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    sql`SELECT pg_try_advisory_lock(${lockClass}::int, ${id}::int) AS locked`,
  );
  return rows[0]?.locked === true;
}
