import { open } from 'node:fs/promises';
import pg from 'pg';
import { WarmstartError } from '../common/errors.ts';
import { type NewFileOptions, writeNewFile } from './new-file.ts';
import { requireProgram, startProgram } from './postgres-programs.ts';

/** The job queue, and a restoration in progress. */
const schemas = ['graphile_worker', 'warmstart_restore'];
/** They hold transaction IDs, which end with a server. */
const withoutRows = ['catalog_changes', 'catalog_moments'];

/**
 * Lets `pg_dump` write all that is stored, as of one moment, in its custom format.
 *
 * Throws INVALID_CONFIGURATION if the file is there already, unless `force` is given, or cannot be written, or if the
 * program is not there, older than the server, or fails.
 */
export async function writeDump(url: string, path: string, options: NewFileOptions): Promise<void> {
  await requireProgram('pg_dump', await serverMajor(url));
  await writeNewFile(path, options, async (partialPath) => {
    // The program keeps the permissions of a file that is there.
    await (await open(partialPath, 'wx', 0o600)).close();
    const { address, settings } = withoutPassword(url);
    const program = startProgram(
      'pg_dump',
      [
        ...['--format=custom', `--file=${partialPath}`, `--dbname=${address}`],
        ...schemas.map((name) => `--exclude-schema=${name}`),
        ...withoutRows.map((name) => `--exclude-table-data=*.${name}`),
      ],
      settings,
    );
    program.output.resume();
    const { failed, errors } = await program.ended;
    if (failed) throw new WarmstartError('INVALID_CONFIGURATION', `pg_dump failed: ${errors}`);
  });
}

/** Other users of a machine see the arguments of a program, but not its environment. */
function withoutPassword(url: string): { address: string; settings: Record<string, string> } {
  const { password } = new URL(url);
  const address = new URL(url);
  address.password = '';
  return { address: address.href, settings: password === '' ? {} : { PGPASSWORD: decodeURIComponent(password) } };
}

async function serverMajor(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(`SELECT current_setting('server_version_num')::int / 10000 AS major`);
    return rows[0].major;
  } finally {
    await client.end();
  }
}
