import type { Pool } from 'pg';
import type { RatingScale } from '../src/catalog/interaction-value.ts';
import { openStore } from '../src/cli/open-store.ts';
import { readConfig } from '../src/config.ts';
import type { Batch, Dataset, InteractionRecord } from '../src/datasets/dataset.ts';
import { loadDataset } from '../src/interactions/load-dataset.ts';
import { copyInto, copyLine } from '../src/store/copy.ts';
import { withConnection } from '../src/store/transaction.ts';

const users = 6000;
const items = 4000;
const ratingsPerUser = 50;
const rows = users * ratingsPerUser;
const batchRows = 5000;

/** Rows per second. */
export interface ImportRates {
  readonly rows: number;
  readonly rowsPerSecond: number;
  /** Of the same rows, copied into each of the tables. */
  readonly copyRowsPerSecond: Readonly<Record<string, number>>;
}

const importedColumns = 'id, user_id, item_id, type, value, occurred_at, dataset';

/** The simplest of the copies. */
export const bareCopy = 'the three columns of the dataset';

/** Tables without checks, triggers and locks into which the same rows are copied, from the simplest on. */
const copies: Record<string, { readonly columns: string; readonly target: string; lines(): AsyncIterable<string> }> = {
  [bareCopy]: {
    columns: 'user_id text, item_id text, value float8',
    target: 'user_id, item_id, value',
    lines: datasetLines,
  },
  'all columns of the table': {
    columns: 'LIKE interactions',
    target: importedColumns,
    lines: storedLines,
  },
  'all columns and indexes of the table': {
    columns: 'LIKE interactions INCLUDING INDEXES',
    target: importedColumns,
    lines: storedLines,
  },
};

/** Imports 300,000 generated ratings with all checks, and copies the same rows into bare tables. */
export async function benchImport(): Promise<ImportRates> {
  const config = readConfig(process.env);
  const store = await openStore(config, { scratch: 'warmstart_bench' });
  try {
    const rates = await measureImport(store.pool, config.ratingScale, 3);
    printRates(rates);
    return rates;
  } finally {
    await store.close();
  }
}

/**
 * Measures the import into an empty database, and bare copies. The medians of the rounds count, since other processes
 * disturb single measurements.
 */
export async function measureImport(pool: Pool, ratingScale: RatingScale, rounds: number): Promise<ImportRates> {
  const load = () => loadDataset(pool, dataset(), { ratingScale });
  await load();
  const loads: number[] = [];
  const copied = Object.keys(copies).map((name) => ({ name, seconds: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    await pool.query('TRUNCATE interactions, item_popularity');
    loads.push(await secondsOf(load));
    for (const { name, seconds } of copied) seconds.push(await secondsOfCopy(pool, name));
  }
  await pool.query('DROP TABLE bare');
  const copyRowsPerSecond = Object.fromEntries(copied.map(({ name, seconds }) => [name, rows / median(seconds)]));
  return { rows, rowsPerSecond: rows / median(loads), copyRowsPerSecond };
}

function printRates({ rowsPerSecond, copyRowsPerSecond }: ImportRates): void {
  const print = (rows: number) => `${Math.round(rows).toLocaleString('en-US')} rows/s`;
  process.stdout.write(`import: ${print(rowsPerSecond)}, which is\n`);
  for (const [name, copyRate] of Object.entries(copyRowsPerSecond)) {
    process.stdout.write(`  ${(rowsPerSecond / copyRate).toFixed(3)} of a COPY of ${name} (${print(copyRate)})\n`);
  }
}

function secondsOfCopy(pool: Pool, name: string): Promise<number> {
  const { columns, target, lines } = copies[name] as (typeof copies)[string];
  return withConnection(pool, async (client) => {
    await client.query(`DROP TABLE IF EXISTS bare; CREATE TABLE bare (${columns})`);
    return secondsOf(() => copyInto(client, `bare (${target})`, lines()));
  });
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}

function dataset(): Dataset {
  return {
    name: 'bench',
    title: `${rows} generated ratings`,
    bytes: 0,
    fields: [
      { entity: 'user', name: 'group', kind: 'categorical' },
      { entity: 'item', name: 'group', kind: 'categorical' },
    ],
    users: () => batches(users, (n) => ({ id: `u${n}`, features: { group: `${n % 10}` } })),
    items: () => batches(items, (n) => ({ id: `i${n}`, title: `Item ${n}`, features: { group: `${n % 10}` } })),
    scenarios: () => batches(0, () => ({ id: '', title: '', items: [] })),
    interactions: () => batches(rows, rating),
  };
}

function rating(n: number): InteractionRecord {
  const user = userOf(n);
  return { userId: `u${user}`, itemId: `i${itemOf(n)}`, type: 'RATE', value: ratingOf(n), time: null };
}

function userOf(n: number): number {
  return Math.floor(n / ratingsPerUser);
}

/** A step coprime to the number of items, so that a user rates no item twice. */
function itemOf(n: number): number {
  return (userOf(n) * 7 + (n % ratingsPerUser) * 79) % items;
}

function ratingOf(n: number): number {
  return 1 + (n % 5);
}

async function* batches<T>(count: number, record: (n: number) => T): AsyncGenerator<Batch<T>> {
  for (let start = 0; start < count; start += batchRows) {
    const length = Math.min(batchRows, count - start);
    const rows = Array.from({ length }, (_, index) => ({
      record: record(start + index),
      file: 'bench',
      line: start + index + 1,
      row: '',
    }));
    yield { rows, bytes: 0 };
  }
}

function datasetLines(): AsyncGenerator<string> {
  return linesOf((n) => copyLine([`u${userOf(n)}`, `i${itemOf(n)}`, ratingOf(n)]));
}

/** Lines like those of the import, except for the IDs of users and items, which the import looks up. */
function storedLines(): AsyncGenerator<string> {
  return linesOf((n) => copyLine([n + 1, userOf(n) + 1, itemOf(n) + 1, 'RATE', ratingOf(n), 'now', 'bench']));
}

async function* linesOf(line: (n: number) => string): AsyncGenerator<string> {
  for (let start = 0; start < rows; start += batchRows) {
    const length = Math.min(batchRows, rows - start);
    yield Array.from({ length }, (_, index) => line(start + index)).join('');
  }
}
