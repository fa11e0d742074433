import type { PoolClient } from 'pg';
import { type Sql, sql } from '../store/database.ts';

/**
 * The first key of the advisory lock that a run's owner holds on a connection of its own; the second key is the run's
 * ID. A run that is RUNNING while its lock is free has lost its owner.
 */
const lockClass = 7_463_203;

/** SQL for whether a run's lock is free. It takes a free lock until the statement's transaction ends. */
export function lockIsFree(id: Sql): Sql {
  return sql`pg_try_advisory_xact_lock(${lockClass}::int, ${id})`;
}

/** Takes a run's lock until this connection closes. Returns `false` if another connection has it. */
export async function lockRun(client: PoolClient, id: number): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    sql`SELECT pg_try_advisory_lock(${lockClass}::int, ${id}::int) AS locked`,
  );
  return rows[0]?.locked === true;
}
