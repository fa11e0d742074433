import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readDump } from '../../src/backup/dump-reader.ts';
import { standInProgram } from './stand-in-program.ts';

/** What `pg_restore` of PostgreSQL 15 has written, shortened. */
const script = (long: string) => `--
-- PostgreSQL database dump
--
SET client_encoding = 'UTF8';

COPY public._prisma_migrations (id, checksum, finished_at, migration_name, logs, rolled_back_at, started_at, applied_steps_count) FROM stdin;
a\tb\t2026-11-30 06:41:02+00\t2_second\t\\N\t\\N\t2026-11-30 06:41:02+00\t1
c\td\t2026-11-30 06:41:02+00\t1_first\t\\N\t\\N\t2026-11-30 06:41:02+00\t1
e\tf\t\\N\t3_undone\t\\N\t2026-11-30 06:41:02+00\t2026-11-30 06:41:02+00\t1
\\.


COPY public.items (id, "only", "it""s") FROM stdin;
1\t${long}\t\\\\.\\n
2\tCOPY public.items (id) FROM stdin;\t\\N
\\.


COPY public.users (id) FROM stdin;
\\.


COPY public.catalog_changes (id) FROM stdin;
9
\\.


COPY graphile_worker._private_jobs (id) FROM stdin;
9
\\.


SELECT pg_catalog.setval('public.items_id_seq', 7, true);
SELECT pg_catalog.setval('public.users_id_seq', 1, false);
SELECT pg_catalog.setval('graphile_worker.jobs_id_seq1', 7, true);
SELECT pg_catalog.setval('public.catalog_changes_id_seq', 7, true);
`;

describe('readDump', () => {
  /** The file is what the program writes. */
  const program = standInProgram('pg_restore');
  let file: string;
  beforeAll(() => {
    file = join(program.folder, 'all.dump');
  });

  const rowsOf = async (): Promise<[Awaited<ReturnType<typeof readDump>>, Record<string, string>]> => {
    const read: Record<string, string> = {};
    const header = await readDump(file, async ({ name }, rows) => {
      read[name] = '';
      for await (const part of rows) read[name] += part.toString('latin1');
    });
    return [header, read];
  };

  test('returns the rows, migrations and sequences of the platform, also of rows that are longer than a pipe holds', async () => {
    await program.does('cat "$3"');
    // Different lengths move the end of the rows over the ends of the parts in which a pipe is read.
    for (const length of [1, ...Array.from({ length: 9 }, (_, index) => 65_000 + 60 * index), 400_000]) {
      const long = 'x'.repeat(length);
      await writeFile(file, script(long));
      const [header, read] = await rowsOf();
      expect(read).toEqual({ items: `1\t${long}\t\\\\.\\n\n2\tCOPY public.items (id) FROM stdin;\t\\N\n`, users: '' });
      expect(header).toMatchObject({
        migrations: ['1_first', '2_second'],
        tables: [
          { name: 'items', columns: ['id', 'only', 'it"s'], rows: 2 },
          { name: 'users', columns: ['id'], rows: 0 },
        ],
        sequences: { items_id_seq: '7', users_id_seq: null },
      });
    }
  });

  test('refuses a file that the program cannot read to its end, and one of something else', async () => {
    await writeFile(file, script('x'));
    await program.does('cat "$3"; echo "pg_restore: error: could not read from input file: end of file" >&2; exit 1');
    await expect(rowsOf()).rejects.toThrow(
      `expected a complete backup, got ${file}, which is damaged or no backup (pg_restore: error: could not read from input file: end of file); nothing was changed; use another copy`,
    );
    await program.does('echo "COPY public.customers (id) FROM stdin;\n\\\\."');
    await expect(rowsOf()).rejects.toThrow('(it has no migrations)');
  });

  test('says what to do if the program is not there', async () => {
    process.env.PATH = '/nowhere';
    await expect(rowsOf()).rejects.toThrow(
      'cannot run pg_restore: spawn pg_restore ENOENT; install the client programs of PostgreSQL and add their folder to PATH',
    );
  });
});
