import { createHash } from 'node:crypto';
import pg, { type Pool } from 'pg';
import type { Damage } from './damage.ts';

/** Stores a copy of a version with damaged parameters, and returns its ID. */
export async function storeDamaged(pool: Pool, versionId: number, { damage, stored }: Damage): Promise<number> {
  const columns = await columnsOf(pool);
  const copied = columns
    .filter((name) => name !== 'id')
    .map(pg.escapeIdentifier)
    .join();
  const { rows } = await pool.query<{ id: number; parameters: Buffer }>(
    `INSERT INTO model_versions (${copied}) SELECT ${copied} FROM model_versions WHERE id = $1 RETURNING id, parameters`,
    [versionId],
  );
  const { id, parameters } = rows[0] as (typeof rows)[0];
  const damaged = damage(parameters);
  await pool.query('UPDATE model_versions SET parameters = $2 WHERE id = $1', [id, damaged]);
  if (stored && columns.includes('checksum')) await setChecksum(pool, id, damaged);
  return id;
}

async function columnsOf(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
     WHERE attrelid = 'model_versions'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
  );
  return rows.map(({ name }) => name);
}

/** The column has the digest as bytes or in hexadecimal digits. */
async function setChecksum(pool: Pool, id: number, parameters: Uint8Array): Promise<void> {
  const digest = createHash('sha256').update(parameters).digest();
  const { rows } = await pool.query<{ type: string }>(
    'SELECT pg_typeof(checksum)::text AS type FROM model_versions WHERE id = $1',
    [id],
  );
  const checksum = rows[0]?.type === 'bytea' ? digest : digest.toString('hex');
  await pool.query('UPDATE model_versions SET checksum = $2 WHERE id = $1', [id, checksum]);
}
