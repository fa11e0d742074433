import pg from 'pg';
import { WarmstartError } from '../common/errors.ts';

/** There already; and the same, found by two that create it at once. */
const existing = ['42P04', '23505'];
const inUse = '55006';

/**
 * Makes the database that `url` names unless it is there; `fresh` drops what was there first.
 * Throws INVALID_CONFIGURATION when somebody uses what would be dropped.
 */
export async function ensureDatabase(url: string, { fresh = false } = {}): Promise<void> {
  const target = new URL(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  const identifier = pg.escapeIdentifier(name);
  target.pathname = '/postgres';
  const client = new pg.Client({ connectionString: target.href });
  await client.connect();
  try {
    if (fresh) await client.query(`DROP DATABASE IF EXISTS ${identifier}`);
    await client.query(`CREATE DATABASE ${identifier}`);
  } catch (error) {
    const { code } = error as { code?: string };
    if (fresh && code === inUse) {
      const message = `the database "${name}" is made anew for this command, but another process still uses it; stop that one first`;
      throw new WarmstartError('INVALID_CONFIGURATION', message, { cause: error });
    }
    if (code === undefined || !existing.includes(code)) throw error;
  } finally {
    await client.end();
  }
}
