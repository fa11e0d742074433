import type { Pool } from 'pg';
import {
  type LoadCount,
  loadItems,
  loadScenarios,
  loadUsers,
  type OnBytes,
} from '../catalog/bulk-catalog.ts';
import { declareFields } from '../catalog/feature-fields.ts';
import type { RatingScale } from '../config.ts';
import type { Dataset, Reject } from '../datasets/dataset.ts';
import { WarmstartError } from '../errors.ts';
import { inTransaction } from '../store/transaction.ts';
import { loadInteractions } from './bulk-interactions.ts';

export interface LoadOptions {
  readonly ratingScale: RatingScale;
  /** Load nothing when a single row is rejected. */
  readonly strict?: boolean;
  readonly onReject?: (reject: Reject) => void;
  readonly onBytes?: OnBytes;
}

export interface LoadReport {
  readonly users: LoadCount;
  readonly items: LoadCount;
  readonly scenarios: LoadCount;
  readonly interactions: LoadCount;
  readonly rejected: number;
}

/**
 * Loads a data set in one transaction: all its good rows, or nothing when it fails on the way.
 *
 * Loading the same data set again changes nothing. Throws INVALID_DATA, after reading to the end so that every
 * reject is reported, when `strict` and a row was rejected.
 */
export async function loadDataset(pool: Pool, dataset: Dataset, options: LoadOptions): Promise<LoadReport> {
  let rejected = 0;
  const onReject = (reject: Reject) => {
    rejected++;
    options.onReject?.(reject);
  };
  const onBytes = options.onBytes ?? (() => {});
  return inTransaction(pool, async (client) => {
    await declareFields(client, dataset.fields);
    const users = await loadUsers(client, dataset, onReject, onBytes);
    const items = await loadItems(client, dataset, onReject, onBytes);
    const scenarios = await loadScenarios(client, dataset, onReject, onBytes);
    const interactions = await loadInteractions(client, options.ratingScale, dataset, onReject, onBytes);
    if (options.strict && rejected > 0) {
      throw new WarmstartError(
        'INVALID_DATA',
        `${rejected} ${rejected === 1 ? 'row was' : 'rows were'} rejected, so nothing was loaded`,
      );
    }
    // A plan made from the statistics of empty tables would be slow until autovacuum comes round.
    await client.query('ANALYZE users, items, scenario_items, interactions, item_popularity');
    return { users, items, scenarios, interactions, rejected };
  });
}
