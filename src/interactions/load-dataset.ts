import type { Pool, PoolClient } from 'pg';
import { type LoadCount, loadItems, loadScenarios, loadUsers, type OnBytes } from '../catalog/bulk-catalog.ts';
import { declareFields } from '../catalog/feature-fields.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Dataset, OnReject, Reject } from '../datasets/dataset.ts';
import { rolledBack, withConnection, within } from '../store/transaction.ts';
import { addInteractions, stageInteractions } from './bulk-interactions.ts';
import { type CatalogKeys, readCatalogKeys } from './catalog-keys.ts';
import { knownInteractions } from './known-interactions.ts';
import { MissingKeys } from './missing-keys.ts';
import type { StagingTable } from './staging-table.ts';
import { countBatch, storeBatch } from './store-batch.ts';

export interface LoadOptions {
  readonly ratingScale: RatingScale;
  /** Maximum number of items in the catalog after the load, since servers keep all of them in memory. */
  readonly maxItems?: number;
  /** Load nothing if any row is rejected. */
  readonly strict?: boolean;
  /**
   * Create users and items that interactions name and the catalog lacks. The title of such an item is its ID. Default:
   * their interactions are rejected.
   */
  readonly createMissing?: boolean;
  /** Find all rejects and count what would be added and changed, but store nothing. */
  readonly dryRun?: boolean;
  readonly onReject?: (reject: Reject) => void;
  readonly onBytes?: OnBytes;
  /** Receives the number of interactions stored so far. */
  readonly onAdded?: (rows: number) => void;
}

/** What a load read and stored. Users and items that were created for interactions count as read and added. */
export interface LoadReport {
  readonly users: LoadCount;
  readonly items: LoadCount;
  readonly scenarios: LoadCount;
  readonly interactions: LoadCount;
  readonly rejected: number;
}

/** The two connections of a load. The first one also has the transaction of the catalog. */
type Clients = readonly [first: PoolClient, second: PoolClient];

/** A load in progress. */
interface Load {
  readonly clients: Clients;
  readonly dataset: Dataset;
  readonly options: LoadOptions;
  readonly onReject: OnReject;
  readonly onBytes: OnBytes;
  readonly rejected: () => number;
}

type CatalogReport = Pick<LoadReport, 'users' | 'items' | 'scenarios'>;

/**
 * Loads a dataset: users, items, scenarios and declared features in one transaction, then the interactions in batches,
 * so that the platform keeps serving. Interactions can come in any order: those of a user are stored in the order of
 * their times. Loading the same dataset again changes nothing, and completes a load that was interrupted.
 *
 * What a dataset has stored is a multiset: of the same user, item, type, value and time, as many interactions are stored
 * as the dataset has rows. For a row without a time, the time does not count.
 *
 * The transaction of the catalog ends before interactions are read, unless nothing may be stored before they are, as
 * with `strict`, `createMissing` and `dryRun`. Until it ends, users who change cannot record.
 *
 * Throws INVALID_CONFIGURATION, and loads nothing, if the catalog would have more items than `maxItems`.
 *
 * Throws INVALID_DATA if `strict` is set and a row was rejected: after reading everything, so that every reject is
 * reported, and before anything is stored.
 */
export async function loadDataset(pool: Pool, dataset: Dataset, options: LoadOptions): Promise<LoadReport> {
  let rejected = 0;
  const onReject = (reject: Reject) => {
    rejected++;
    options.onReject?.(reject);
  };
  const { onBytes = () => {} } = options;
  const stored = await withConnection(pool, (first) =>
    withConnection(pool, (second) => {
      const clients = [first, second] as const;
      return store({ clients, dataset, options, onReject, onBytes, rejected: () => rejected });
    }),
  );
  // Plans based on the statistics of empty tables would be slow until autovacuum runs. The batches did not wait for the
  // disk: this does, so that nothing can be lost when the load has ended.
  if (!options.dryRun) await pool.query('ANALYZE users, items, scenario_items, interactions, item_popularity');
  return { ...stored, rejected };
}

/** The counts of the catalog, and the interactions in the staging tables. */
interface Staged {
  readonly catalog: CatalogReport;
  readonly tables: StagingTable[];
}

async function store(load: Load): Promise<Omit<LoadReport, 'rejected'>> {
  const { clients, dataset, options } = load;
  const { onAdded = () => {}, strict, createMissing, dryRun } = options;
  const add = async ({ catalog, tables }: Staged, storing = storeBatch) => {
    return { ...catalog, interactions: await addInteractions(tables, dataset.name, { onAdded, store: storing }) };
  };
  if (dryRun) return rolledBack(clients[0], async () => add(await stageAll(load), countBatch));
  if (strict || createMissing) return add(await within(clients[0], () => stageAll(load)));
  const catalog = await within(clients[0], () => loadCatalog(load));
  return add({ catalog, tables: await stage(load, await readCatalogKeys(clients[0])) });
}

async function loadCatalog({ clients: [client], dataset, options, onReject, onBytes }: Load): Promise<CatalogReport> {
  await declareFields(client, dataset.fields);
  const users = await loadUsers(client, dataset, onReject, onBytes);
  const items = await loadItems(client, dataset, onReject, onBytes);
  await checkRoom(client, options);
  return { users, items, scenarios: await loadScenarios(client, dataset, onReject, onBytes) };
}

/** Loads the catalog and stages the interactions. Throws if nothing may be stored. */
async function stageAll(load: Load): Promise<Staged> {
  const { clients, options, rejected } = load;
  const { users, items, scenarios } = await loadCatalog(load);
  const keys = await readCatalogKeys(clients[0]);
  const missing = options.createMissing ? new MissingKeys(clients[0], keys) : undefined;
  const tables = await stage(load, keys, missing);
  const created = {
    users: await createMissing(tables, missing, 'users'),
    items: await createMissing(tables, missing, 'items'),
  };
  await checkRoom(clients[0], options);
  if (options.strict && rejected() > 0) throw nothingLoaded(rejected());
  return {
    catalog: { users: withAdded(users, created.users), items: withAdded(items, created.items), scenarios },
    tables,
  };
}

function stage(
  { clients, dataset, options: { ratingScale }, onReject, onBytes }: Load,
  keys: CatalogKeys,
  missing?: MissingKeys,
): Promise<StagingTable[]> {
  return stageInteractions(clients, knownInteractions(dataset, { ratingScale, keys, missing, onReject, onBytes }));
}

/** Creates the missing users or items, and returns their number. */
async function createMissing(
  tables: readonly StagingTable[],
  missing: MissingKeys | undefined,
  kind: 'users' | 'items',
): Promise<number> {
  if (!missing) return 0;
  const { added, replaced } = await missing.create(kind);
  for (const table of tables) await table.replace(kind, replaced);
  return added;
}

function withAdded({ read, added, changed }: LoadCount, more: number): LoadCount {
  return { read: read + more, added: added + more, changed };
}

function nothingLoaded(rejected: number): WarmstartError {
  const rows = rejected === 1 ? 'row was' : 'rows were';
  return new WarmstartError('INVALID_DATA', `${rejected} ${rows} rejected, so nothing was loaded`);
}

async function checkRoom(client: PoolClient, { maxItems }: LoadOptions): Promise<void> {
  if (maxItems === undefined) return;
  const { rows } = await client.query<{ items: number }>('SELECT count(*)::int AS items FROM items');
  const items = rows[0]?.items ?? 0;
  if (items <= maxItems) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `WARMSTART_MAX_ITEMS: expected at most ${maxItems} items in the catalog, got ${items} with this dataset, so nothing was loaded; raise the setting`,
  );
}
