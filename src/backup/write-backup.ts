import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Pool, PoolClient } from 'pg';
import { WarmstartError } from '../common/errors.ts';
import { copyFrom, linesIn } from '../store/copy.ts';
import { migrationHistory } from '../store/migrate.ts';
import { inSnapshot } from '../store/read-snapshot.ts';
import { type BackupEnd, type BackupHeader, type BackupTable, backupFormat, backupVersion } from './backup-format.ts';
import { type NewFileOptions, privateFile, writeNewFile } from './new-file.ts';
import { readSequences, readTables } from './stored-tables.ts';

export interface WriteOptions extends NewFileOptions {
  /** Receives how many of all rows are written. */
  readonly onRows?: (written: number, all: number) => void;
}

/** Fast, since most of a backup are numbers that compress little further. */
const compressionLevel = 3;

/**
 * Writes all that is stored, as of one moment, into a file that only its owner can read, and returns its header. The
 * database may lack migrations. Memory does not grow with what is stored.
 *
 * Throws INVALID_CONFIGURATION if the file is there already, unless `force` is given, or cannot be written, and
 * INVALID_DATA if the database has no tables.
 */
export async function writeBackup(pool: Pool, path: string, options: WriteOptions = {}): Promise<BackupHeader> {
  const { onRows = () => {} } = options;
  let header: BackupHeader | undefined;
  await writeNewFile(path, options, (partialPath) =>
    inSnapshot(pool, async (client) => {
      header = await readHeader(client);
      const content = contentOf(client, header, onRows);
      await pipeline(content, createGzip({ level: compressionLevel }), privateFile(partialPath));
    }),
  );
  return header as BackupHeader;
}

async function readHeader(client: PoolClient): Promise<BackupHeader> {
  const migrations = [...(await migrationHistory(client))].sort();
  if (migrations.length === 0)
    throw new WarmstartError('INVALID_DATA', 'expected a database of Warmstart to back up, got one without tables');
  const tables: BackupTable[] = [];
  for (const { name, columns } of await readTables(client)) {
    const count = `SELECT count(*)::float8 AS rows FROM ${client.escapeIdentifier(name)}`;
    const { rows } = await client.query<{ rows: number }>(count);
    tables.push({ name, columns: [...columns], rows: rows[0]?.rows ?? 0 });
  }
  // Read after the snapshot began, so that each sequence is past all rows of the backup.
  const sequences = await readSequences(client);
  const createdAt = new Date().toISOString();
  return { format: backupFormat, version: backupVersion, createdAt, migrations, tables, sequences };
}

/** The settings of a role or database must not change how values are written. */
const plainText = `SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = 'UTC'; SET LOCAL bytea_output = 'hex';
  SET LOCAL extra_float_digits = 1; SET LOCAL row_security = off`;

/** The rows of a table are in chunks, each after a line with the number of its bytes. A chunk of 0 bytes ends them. */
async function* contentOf(
  client: PoolClient,
  header: BackupHeader,
  onRows: (written: number, all: number) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const hashed = (part: Buffer | string): Buffer => {
    const bytes = Buffer.from(part);
    hash.update(bytes);
    return bytes;
  };
  await client.query(plainText);
  yield hashed(`${JSON.stringify(header)}\n`);
  const all = header.tables.reduce((sum, { rows }) => sum + rows, 0);
  let written = 0;
  for (const { name, columns } of header.tables) {
    const quoted = columns.map((column) => client.escapeIdentifier(column));
    for await (const chunk of copyFrom(client, `${client.escapeIdentifier(name)} (${quoted.join(', ')})`)) {
      yield hashed(`${chunk.length}\n`);
      yield hashed(chunk);
      written += linesIn(chunk);
      onRows(written, all);
    }
    yield hashed('0\n');
  }
  const end: BackupEnd = { end: true, sha256: hash.digest('hex') };
  yield Buffer.from(`${JSON.stringify(end)}\n`);
}
