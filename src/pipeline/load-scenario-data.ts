import { declaredFields } from '../catalog/feature-fields.ts';
import { WarmstartError } from '../common/errors.ts';
import type { EntityKind } from '../features/feature-schema.ts';
import type { OnIgnored } from '../features/readable-features.ts';
import { type Database, sql } from '../store/database.ts';
import { type Entities, encodeKnownInBatches } from '../tasks/encode-known.ts';
import { defaultEpisodes } from '../tasks/episode-options.ts';
import type { Interactions, Pairs, TrainingData } from '../tasks/training-data.ts';
import { readItems, readPairs, readPools, readUsers, rowsByInternalId } from './read-stored-data.ts';

export interface LoadScenarioDataOptions {
  /** The entities whose IDs are features too. Default: none. */
  readonly ids?: readonly EntityKind[];
  /** The value from which a rating is positive. */
  readonly positiveFrom: number;
  /** Scenarios with fewer positive pairs of a user and an item are left out. */
  readonly minimumPairs?: number;
  /** Maximum number of users whose interactions are read. If there are more, a random sample is used. */
  readonly maxUsers?: number | undefined;
  /** The seed of the sample. */
  readonly seed: number;
  /** Receives stored features that are not read. */
  readonly onIgnored?: OnIgnored | undefined;
}

/** The data of scenario tasks. `splitScenarios` divides it. */
export interface ScenarioData extends Omit<TrainingData, 'tasks'> {
  readonly taskKind: 'SCENARIO';
  /**
   * All distinct pairs of a user and an item whose latest interaction is positive, in any scenario. All other pairs are
   * `ignored`: those of low ratings.
   */
  readonly interactions: Interactions;
  readonly ignored: Pairs;
  /** Rows of the items of each scenario with enough pairs, ascending. */
  readonly scenarios: readonly Int32Array[];
  /** The external IDs of these scenarios. */
  readonly scenarioIds: readonly string[];
  /** The entities whose features were encoded, by row. */
  readonly entities: Pick<Entities, 'users' | 'items'>;
}

/**
 * Reads the data of scenario tasks: the scenarios with enough interactions, all items, and the users with interactions,
 * with all their pairs. Memory is proportional to the number of pairs, 8 bytes each.
 *
 * Throws INVALID_DATA if no scenario has enough interactions.
 */
export async function loadScenarioData(database: Database, options: LoadScenarioDataOptions): Promise<ScenarioData> {
  const {
    ids = [],
    positiveFrom,
    minimumPairs = defaultEpisodes.minimumPairs,
    maxUsers = Infinity,
    seed,
    onIgnored,
  } = options;
  const fields = await declaredFields(database);
  const sample = (await activeUsers(database, seed)).slice(0, maxUsers).sort((a, b) => a - b);
  const users = await readUsers(database, { fields, onIgnored }, sample);
  const items = await readItems(database, { fields, onIgnored });
  const rows = { users: rowsByInternalId(users), items: rowsByInternalId(items) };
  const { positives: interactions, others: ignored } = await readPairs(database, rows, positiveFrom);
  const isLong = atLeast(minimumPairs, interactions, items.length);
  const scenarios = (await readPools(database, rows)).filter(({ members }) => isLong(members));
  if (scenarios.length === 0) throw nothingToTrainOn(minimumPairs);
  const known = interactions;
  return {
    taskKind: 'SCENARIO',
    ...(await encodeKnownInBatches({ fields, users, items }, { known, ids })),
    interactions,
    ignored,
    scenarios: scenarios.map(({ members }) => members),
    scenarioIds: scenarios.map(({ externalId }) => externalId),
    entities: { users, items },
  };
}

/** Returns the internal IDs of users with interactions, shuffled by the seed. */
async function activeUsers(database: Database, seed: number): Promise<number[]> {
  const [row] = await database.$queryRaw<{ ids: number[] }[]>(sql`
    SELECT coalesce(array_agg(id ORDER BY md5(id::text || '/' || ${String(seed)})), '{}') AS ids
    FROM users WHERE EXISTS (SELECT FROM interactions WHERE user_id = users.id)`);
  return row?.ids ?? [];
}

/** Returns a function that tells whether a scenario's items have at least this many pairs together. */
function atLeast(minimumPairs: number, interactions: Interactions, items: number) {
  const pairsOf = new Int32Array(items);
  for (const item of interactions.items) pairsOf[item] = (pairsOf[item] as number) + 1;
  return (pool: Int32Array) => pool.reduce((sum, item) => sum + (pairsOf[item] as number), 0) >= minimumPairs;
}

function nothingToTrainOn(minimumPairs: number): WarmstartError {
  return new WarmstartError(
    'INVALID_DATA',
    `there is no data to train on: expected scenarios whose items have at least ${minimumPairs} positive interactions, found none; ` +
      'import or record more interactions, or lower episodes.minimumPairs',
  );
}
