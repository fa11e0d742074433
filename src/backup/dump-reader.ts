import { stat } from 'node:fs/promises';
import { WarmstartError } from '../common/errors.ts';
import { linesIn } from '../store/copy.ts';
import { type BackupHeader, type BackupTable, backupFormat, backupVersion } from './backup-format.ts';
import { damagedBackup, type OnBytes, type RowsReader } from './backup-reader.ts';
import { ByteReader } from './byte-reader.ts';
import { startProgram } from './postgres-programs.ts';
import { transientTables } from './stored-tables.ts';

/**
 * Reads a whole file of `pg_dump -Fc`, and returns what the header of a backup says. `pg_restore` converts it to the text
 * format of COPY. Memory does not grow with it. Throws INVALID_DATA if the file is damaged, and INVALID_CONFIGURATION if it
 * cannot be read, or if the program is not there.
 */
export async function readDump(path: string, readRows: RowsReader, onBytes: OnBytes = () => {}): Promise<BackupHeader> {
  const { size, mtime } = await stat(path).catch((cause) => {
    throw new WarmstartError('INVALID_CONFIGURATION', `cannot read ${path}: ${cause.message}`, { cause });
  });
  const { output, ended } = startProgram('pg_restore', ['--data-only', '--file=-', path]);
  const script = new DumpScript(new ByteReader(output));
  try {
    await script.read(readRows);
  } catch (cause) {
    output.destroy();
    throw cause;
  }
  const { failed, errors } = await ended;
  if (failed) throw damagedBackup(path, errors);
  onBytes(size);
  const { migrations, tables, sequences } = script;
  if (migrations.length === 0) throw damagedBackup(path, 'it has no migrations');
  const createdAt = mtime.toISOString();
  return { format: backupFormat, version: backupVersion, createdAt, migrations: migrations.sort(), tables, sequences };
}

const copyStatement = /^COPY (.+) \((.+)\) FROM stdin;\n$/;
const setvalStatement = /^SELECT pg_catalog\.setval\('(.+)', (\d+), (true|false)\);\n$/;
const endOfRows = '\n\\.\n';
const queueSchema = 'graphile_worker';

/** The script of a dump: COPY statements with their rows, and the values of sequences. */
class DumpScript {
  readonly migrations: string[] = [];
  readonly tables: BackupTable[] = [];
  readonly sequences: Record<string, string | null> = {};
  readonly #bytes: ByteReader;

  constructor(bytes: ByteReader) {
    this.#bytes = bytes;
  }

  async read(readRows: RowsReader): Promise<void> {
    for (let line = await this.#bytes.line(); line !== undefined; line = await this.#bytes.line()) {
      const statement = line.toString();
      const [, table, columns] = copyStatement.exec(statement) ?? [];
      if (table !== undefined && columns !== undefined)
        await this.#readTable(identifiersOf(table), identifiersOf(columns), readRows);
      const [, sequence, last, isCalled] = setvalStatement.exec(statement) ?? [];
      if (sequence !== undefined && last !== undefined)
        this.#addSequence(identifiersOf(sequence), isCalled === 'true' ? last : null);
    }
  }

  async #readTable(path: readonly string[], columns: string[], readRows: RowsReader): Promise<void> {
    const name = path.at(-1) as string;
    if (name === '_prisma_migrations') return this.#readHistory(columns);
    if (path[0] === queueSchema || transientTables.includes(name)) {
      for await (const _ of this.#rows());
      return;
    }
    let rows = 0;
    const counted = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        rows += linesIn(chunk);
        yield chunk;
      }
    };
    await readRows({ name, columns }, counted(this.#rows()));
    this.tables.push({ name, columns, rows });
  }

  async #readHistory(columns: readonly string[]): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of this.#rows()) parts.push(part);
    const lines = Buffer.concat(parts).toString().split('\n').slice(0, -1);
    for (const line of lines) {
      const cells = line.split('\t');
      const cell = (column: string) => cells[columns.indexOf(column)] as string;
      if (cell('rolled_back_at') === '\\N') this.migrations.push(cell('migration_name'));
    }
  }

  #addSequence(path: readonly string[], last: string | null): void {
    const name = path.at(-1) as string;
    if (path[0] !== queueSchema && name !== 'catalog_changes_id_seq') this.sequences[name] = last;
  }

  /** The rows up to the line that ends them. A row can be longer than the memory that is used. */
  async *#rows(): AsyncGenerator<Buffer> {
    // The end of the line before, which is not part of the rows.
    let held = Buffer.from('\n');
    let skipped = 1;
    for (;;) {
      const next = await this.#bytes.take();
      if (next === undefined) return;
      const window = Buffer.concat([held, next]);
      const end = window.indexOf(endOfRows);
      if (end >= 0) {
        this.#bytes.giveBack(window.subarray(end + endOfRows.length));
        if (end + 1 > skipped) yield window.subarray(skipped, end + 1);
        return;
      }
      const complete = Math.max(window.length - endOfRows.length + 1, 0);
      if (complete > skipped) {
        yield window.subarray(skipped, complete);
        held = window.subarray(complete);
        skipped = 0;
      } else held = window;
    }
  }
}

/** Returns the identifiers of a list or a path, without their quotes. */
function identifiersOf(text: string): string[] {
  return [...text.matchAll(/"((?:[^"]|"")+)"|([^",. ]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? (plain as string),
  );
}
