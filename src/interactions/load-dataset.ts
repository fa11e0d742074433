import type { Pool, PoolClient } from 'pg';
import { type LoadCount, loadItems, loadScenarios, loadUsers, type OnBytes } from '../catalog/bulk-catalog.ts';
import { countPositives, declareInteractionTypes } from '../catalog/declare-interaction-types.ts';
import { declareFields } from '../catalog/feature-fields.ts';
import { selectTypes } from '../catalog/interaction-types.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { followRules, followRulesLater } from '../catalog/scenario-rules.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Dataset, OnReject, Reject } from '../datasets/dataset.ts';
import { type InteractionType, InteractionTypes } from '../features/interaction-types.ts';
import { rolledBack, withConnection, within } from '../store/transaction.ts';
import { addInteractions, countInteractions } from './bulk-interactions.ts';
import { type CatalogKeys, readCatalogKeys } from './catalog-keys.ts';
import { type KnownInteraction, knownInteractions } from './known-interactions.ts';
import { MissingKeys } from './missing-keys.ts';
import { SortedInteractions } from './sorted-interactions.ts';

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

/** A load in progress. */
interface Load {
  readonly pool: Pool;
  readonly dataset: Dataset;
  readonly options: LoadOptions;
  readonly onReject: OnReject;
  readonly onBytes: OnBytes;
  readonly rejected: () => number;
  /** The interactions that can be stored. */
  readonly sorted: SortedInteractions;
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
 * Throws INVALID_CONFIGURATION, and loads nothing, if the catalog would have more items than `maxItems`. Throws it, and
 * loads no interactions, if the folder for temporary files has no room to sort them. Throws INVALID_DATA, and loads nothing,
 * if the dataset names a type of interactions that is not declared.
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
  const sorted = new SortedInteractions();
  const load = { pool, dataset, options, onReject, onBytes, rejected: () => rejected, sorted };
  const report = await store(load).finally(() => sorted.close());
  // Plans based on the statistics of empty tables would be slow until autovacuum runs. The batches did not wait for the
  // disk: this does, so that nothing can be lost when the load has ended.
  if (!options.dryRun) await pool.query('ANALYZE users, items, scenario_items, interactions, item_popularity');
  return { ...report, rejected };
}

async function store(load: Load): Promise<Omit<LoadReport, 'rejected'>> {
  const { pool, dataset, options, sorted } = load;
  const { onAdded = () => {}, strict, createMissing, dryRun } = options;
  if (dryRun) {
    return withConnection(pool, (client) =>
      rolledBack(client, async () => {
        const { catalog, replaced } = await readAll(load, client);
        const interactions = withReplaced(sorted.inOrder(), replaced);
        return { ...catalog, interactions: await countInteractions(client, dataset.name, interactions, onAdded) };
      }),
    );
  }
  const { catalog, replaced } = await withConnection(pool, async (client) => {
    if (strict || createMissing) return within(client, () => readAll(load, client));
    const loaded = await within(client, async () => {
      const loading = await loadCatalog(load, client);
      await loading.finish();
      return loading;
    });
    await sortInteractions(load, { types: loaded.types, keys: await readCatalogKeys(client) });
    return { catalog: loaded.catalog, replaced: noneReplaced };
  });
  const interactions = withReplaced(sorted.inOrder(), replaced);
  return { ...catalog, interactions: await addInteractions(pool, dataset.name, interactions, onAdded) };
}

/** What a load of the catalog did. */
interface LoadedCatalog {
  readonly catalog: CatalogReport;
  /** The declared types of interactions. */
  readonly types: InteractionTypes;
  /**
   * Lets the pools follow their rules, and counts the interactions again if it is due. Changes of rules, and recording,
   * may wait then until the transaction ends.
   */
  readonly finish: () => Promise<void>;
}

async function loadCatalog({ dataset, options, onReject, onBytes }: Load, client: PoolClient): Promise<LoadedCatalog> {
  await followRulesLater(client);
  await declareFields(client, dataset.fields);
  const { types, count } = await declareTypes(client, dataset);
  const users = await loadUsers(client, dataset, onReject, onBytes);
  const items = await loadItems(client, dataset, onReject, onBytes);
  await checkRoom(client, options);
  const scenarios = await loadScenarios(client, dataset, onReject, onBytes);
  const finish = async () => {
    await followRules(client);
    await count();
  };
  return { catalog: { users, items, scenarios }, types, finish };
}

/** Internal IDs that differ from those that were drawn for missing users and items. */
interface Replaced {
  readonly users: ReadonlyMap<number, number>;
  readonly items: ReadonlyMap<number, number>;
}

const noneReplaced: Replaced = { users: new Map(), items: new Map() };

/** Loads the catalog and sorts the interactions. Throws if nothing may be stored. */
async function readAll(
  load: Load,
  client: PoolClient,
): Promise<{ readonly catalog: CatalogReport; readonly replaced: Replaced }> {
  const { options, rejected } = load;
  const { catalog, types, finish } = await loadCatalog(load, client);
  const keys = await readCatalogKeys(client);
  const missing = options.createMissing ? new MissingKeys(client, keys) : undefined;
  await sortInteractions(load, { keys, types }, missing);
  const [users, items] = [await missing?.create('users'), await missing?.create('items')];
  await checkRoom(client, options);
  if (options.strict && rejected() > 0) throw nothingLoaded(rejected());
  if (!options.dryRun) await finish();
  return {
    catalog: {
      users: withAdded(catalog.users, users?.added),
      items: withAdded(catalog.items, items?.added),
      scenarios: catalog.scenarios,
    },
    replaced: { users: users?.replaced ?? new Map(), items: items?.replaced ?? new Map() },
  };
}

/** What interactions can name. */
interface KnownNames {
  readonly keys: CatalogKeys;
  readonly types: InteractionTypes;
}

/** Declares the dataset's types. Returns all types, and the function that counts the interactions again if it is due. */
async function declareTypes(
  client: PoolClient,
  { types: given = [], usedTypes = [] }: Dataset,
): Promise<{ readonly types: InteractionTypes; readonly count: () => Promise<void> }> {
  const query = async <Row>(text: string, values: readonly unknown[]) =>
    (await client.query(text, [...values])).rows as Row[];
  const { types, changesCounts } =
    given.length > 0
      ? await declareInteractionTypes(query, given)
      : { types: new InteractionTypes(await query<InteractionType>(selectTypes, [])), changesCounts: false };
  const unknown = usedTypes.find((name) => types.indexOf(name) === undefined);
  if (unknown === undefined) return { types, count: async () => (changesCounts ? countPositives(query) : undefined) };
  throw new WarmstartError(
    'INVALID_DATA',
    `expected declared types of interactions (${types.names.join(', ')}), got ${unknown}; add it to "interactionTypes" of the mapping`,
  );
}

async function sortInteractions(
  { dataset, options: { ratingScale }, onReject, onBytes, sorted }: Load,
  { keys, types }: KnownNames,
  missing?: MissingKeys,
): Promise<void> {
  const interactions = knownInteractions(dataset, { ratingScale, types, keys, missing, onReject, onBytes });
  for await (const group of interactions) await sorted.add(group);
}

async function* withReplaced(
  groups: AsyncIterable<KnownInteraction[]>,
  { users, items }: Replaced,
): AsyncGenerator<KnownInteraction[]> {
  if (users.size + items.size === 0) return yield* groups;
  for await (const group of groups) {
    yield group.map((row) => ({
      ...row,
      userId: users.get(row.userId) ?? row.userId,
      itemId: items.get(row.itemId) ?? row.itemId,
    }));
  }
}

function withAdded({ read, added, changed }: LoadCount, more = 0): LoadCount {
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
