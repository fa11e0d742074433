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

/** Imports 300,000 generated ratings with all checks, and copies the same rows into a bare table. */
export async function benchImport(): Promise<object> {
  const config = readConfig(process.env);
  const store = await openStore(config, { scratch: 'warmstart_bench' });
  try {
    await loadDataset(store.pool, dataset(), { ratingScale: config.ratingScale });
    await store.pool.query('TRUNCATE interactions, item_popularity');
    const load = await seconds(() => loadDataset(store.pool, dataset(), { ratingScale: config.ratingScale }));
    await store.pool.query('CREATE TABLE bare (user_id text, item_id text, value float8)');
    const copy = await seconds(() => withConnection(store.pool, (client) => copyInto(client, 'bare', lines())));
    const result = {
      rows,
      rowsPerSecond: Math.round(rows / load),
      bareCopyRowsPerSecond: Math.round(rows / copy),
      ratio: load / copy,
    };
    process.stdout.write(
      `import: ${result.rowsPerSecond.toLocaleString('en-US')} rows/s; bare COPY of the same rows: ` +
        `${result.bareCopyRowsPerSecond.toLocaleString('en-US')} rows/s; ${result.ratio.toFixed(1)} times the time\n`,
    );
    return result;
  } finally {
    await store.close();
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
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

/** A step coprime to the number of items, so that a user rates no item twice. */
function rating(n: number): InteractionRecord {
  const user = Math.floor(n / ratingsPerUser);
  const item = (user * 7 + (n % ratingsPerUser) * 79) % items;
  return { userId: `u${user}`, itemId: `i${item}`, type: 'RATE', value: 1 + (n % 5), time: null };
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

async function* lines(): AsyncGenerator<string> {
  for await (const { rows: batch } of batches(rows, rating)) {
    yield batch.map(({ record }) => copyLine([record.userId, record.itemId, record.value])).join('');
  }
}
