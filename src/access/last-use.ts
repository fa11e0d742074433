import { type ApiKey, type Database, sql } from '../store/database.ts';

const minute = 60_000;

/**
 * Returns how to note that a key was used: about once a minute for each key, and beside the request, which neither waits
 * for it nor fails with it. What is not noted this time is noted next time.
 */
export function lastUseRecorder(database: Database): (key: ApiKey) => void {
  // Many requests find the row before the first of them has written.
  const noted = new Map<number, number>();
  return ({ id, lastUsedAt }) => {
    const now = Date.now();
    if (now - Math.max(lastUsedAt?.getTime() ?? 0, noted.get(id) ?? 0) < minute) return;
    noted.set(id, now);
    database
      .$executeRaw(sql`
      UPDATE api_keys SET last_used_at = now()
      WHERE id = ${id} AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`)
      .catch(() => noted.delete(id));
  };
}
