import pg from 'pg';
import { WarmstartError } from '../common/errors.ts';

/** The database already exists; the second code occurs if two processes create it at the same time. */
const existing = ['42P04', '23505'];
const inUse = '55006';

/**
 * Creates the database of `url` if it does not exist; `fresh` drops an existing one first.
 * Throws INVALID_CONFIGURATION if the database to drop is in use.
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
      const message = `this command recreates the database "${name}", but another process uses it; stop that process first`;
      throw new WarmstartError('INVALID_CONFIGURATION', message, { cause: error });
    }
    if (code === undefined || !existing.includes(code)) throw error;
  } finally {
    await client.end();
  }
}
