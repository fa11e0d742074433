import type { Pool, PoolClient } from 'pg';
import { type LoadCount, loadItems, loadScenarios, loadUsers, type OnBytes } from '../catalog/bulk-catalog.ts';
import { declareFields } from '../catalog/feature-fields.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import { WarmstartError } from '../common/errors.ts';
import type { Dataset, Reject } from '../datasets/dataset.ts';
import { withConnection, within } from '../store/transaction.ts';
import { addInteractions } from './bulk-interactions.ts';
import { knownInteractions, readCatalogKeys } from './known-interactions.ts';

export interface LoadOptions {
  readonly ratingScale: RatingScale;
  /** Maximum number of items in the catalog after the load, since servers keep all of them in memory. */
  readonly maxItems?: number;
  /** Load nothing if any row is rejected. */
  readonly strict?: boolean;
  readonly onReject?: (reject: Reject) => void;
  readonly onBytes?: OnBytes;
  /** Receives the number of interactions stored so far. */
  readonly onAdded?: (rows: number) => void;
}

export interface LoadReport {
  readonly users: LoadCount;
  readonly items: LoadCount;
  readonly scenarios: LoadCount;
  readonly interactions: LoadCount;
  readonly rejected: number;
}

/**
 * Loads a dataset: users, items, scenarios and declared features in one transaction, then the interactions in batches,
 * so that the platform keeps serving. Loading the same dataset again changes nothing, and completes a load that was
 * interrupted.
 *
 * Throws INVALID_CONFIGURATION, and loads nothing, if the catalog would have more items than `maxItems`.
 *
 * Throws INVALID_DATA if `strict` is set and a row was rejected: after reading everything, so that every reject is
 * reported, and before anything is stored. A strict load therefore reads the interactions twice.
 */
export async function loadDataset(pool: Pool, dataset: Dataset, options: LoadOptions): Promise<LoadReport> {
  const { ratingScale, maxItems, strict, onBytes = () => {}, onAdded = () => {} } = options;
  let rejected = 0;
  const onReject = (reject: Reject) => {
    rejected++;
    options.onReject?.(reject);
  };
  const { keys, ...catalog } = await withConnection(pool, (client) =>
    within(client, async () => {
      await declareFields(client, dataset.fields);
      const users = await loadUsers(client, dataset, onReject, onBytes);
      const items = await loadItems(client, dataset, onReject, onBytes);
      if (maxItems !== undefined) await checkRoom(client, maxItems);
      const scenarios = await loadScenarios(client, dataset, onReject, onBytes);
      const keys = await readCatalogKeys(client);
      if (strict) {
        for await (const _checked of knownInteractions(dataset, ratingScale, keys, onReject, () => {}));
        if (rejected > 0) throw nothingLoaded(rejected);
      }
      return { users, items, scenarios, keys };
    }),
  );
  const known = knownInteractions(dataset, ratingScale, keys, onReject, onBytes);
  const interactions = await addInteractions(pool, dataset.name, known, onAdded);
  // Plans based on the statistics of empty tables would be slow until autovacuum runs. The batches did not wait for the
  // disk: this does, so that nothing can be lost when the load has ended.
  await pool.query('ANALYZE users, items, scenario_items, interactions, item_popularity');
  return { ...catalog, interactions, rejected };
}

function nothingLoaded(rejected: number): WarmstartError {
  const rows = rejected === 1 ? 'row was' : 'rows were';
  return new WarmstartError('INVALID_DATA', `${rejected} ${rows} rejected, so nothing was loaded`);
}

async function checkRoom(client: PoolClient, maxItems: number): Promise<void> {
  const { rows } = await client.query<{ items: number }>('SELECT count(*)::int AS items FROM items');
  const items = rows[0]?.items ?? 0;
  if (items <= maxItems) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `WARMSTART_MAX_ITEMS: expected at most ${maxItems} items in the catalog, got ${items} with this dataset, so nothing was loaded; raise the setting`,
  );
}
