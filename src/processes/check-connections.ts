import type pg from 'pg';
import { WarmstartError } from '../common/errors.ts';

/** Connections of one server process: its pool, and one that listens for changes. */
const ofServer = 11;
/** Connections of all else: the primary process, the worker, and commands such as an import. */
const ofOthers = 40;
/** PostgreSQL's own default, and how many of them it keeps for superusers. */
const usual = 100;
const reserved = 3;

/** Returns the `max_connections` that the embedded PostgreSQL needs, at least PostgreSQL's default. */
export function maxConnectionsFor(processes: number): number {
  return Math.max(usual, neededBy(processes) + reserved);
}

/** Throws INVALID_CONFIGURATION if PostgreSQL does not accept as many connections as the processes can need. */
export async function checkConnections(pool: pg.Pool, processes: number): Promise<void> {
  const { rows } = await pool.query<{ accepted: number }>(
    `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS accepted`,
  );
  const accepted = rows[0]?.accepted ?? 0;
  const needed = neededBy(processes);
  if (needed <= accepted) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `--processes: ${processes} server processes can need ${needed} connections to PostgreSQL, which accepts ${accepted}; start fewer, or raise max_connections of PostgreSQL`,
  );
}

function neededBy(processes: number): number {
  return processes * ofServer + ofOthers;
}
