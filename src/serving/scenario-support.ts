import { setImmediate } from 'node:timers/promises';
import { type Database, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hash-pair.ts';
import type { Candidates } from './item-embeddings.ts';
import type { ServedModel } from './served-models.ts';
import { shownLimit } from './shown-limit.ts';
import type { Support } from './support.ts';

/** A scenario as of one moment: interactions after `watermark` do not count. */
export interface ScenarioMoment {
  readonly id: number;
  readonly watermark: bigint;
}

/** Users and items of pairs, by internal id. */
interface Pairs extends Candidates {
  readonly userIds: readonly number[];
}

/**
 * What a model is adapted to for a scenario: what anybody did, in whatever way, with its items up to the moment's
 * watermark, oldest first; `undefined` when that is nothing. The most recent interactions count, a pair of user and item
 * once. Each positive has a negative, an item of the scenario with which the same user has not interacted, if the model is
 * used to them.
 *
 * Interaction ids are given when a transaction writes and seen when it ends: what was under way at the moment may count
 * later on, and change the scores of a list's later pages a little.
 */
export async function readScenarioSupport(
  database: Database,
  model: ServedModel,
  scenario: ScenarioMoment,
): Promise<Support | undefined> {
  const { recommender, versionId } = model;
  const positives = await readPositives(database, scenario, shownLimit(recommender));
  const known = positives.ids.length;
  if (known === 0) return undefined;
  const drawn =
    recommender.support === 'positivesAndNegatives'
      ? await drawNegatives(database, versionId, scenario, positives)
      : [];
  const userIds = [...positives.userIds];
  const ids = [...positives.ids];
  const revisions = [...positives.revisions];
  const negatives = positives.ids.map((_, pair) => {
    const negative = drawn[pair];
    if (!negative) return undefined;
    userIds.push(positives.userIds[pair] as number);
    revisions.push(negative.revision);
    return ids.push(negative.id) - 1;
  });
  const labels = new Float32Array(ids.length).fill(1, 0, known);
  return { userIds, ids, revisions, labels, known, negatives };
}

/** Oldest first. For each item at most the latest ones are read, from an index. */
async function readPositives(
  database: Database,
  { id, watermark }: ScenarioMoment,
  limit: number,
): Promise<Pairs> {
  const [row] = await database.$queryRaw<Pairs[]>(sql`
    SELECT coalesce(array_agg(user_id ORDER BY latest.id), '{}') AS "userIds",
      coalesce(array_agg(item_id ORDER BY latest.id), '{}') AS ids,
      coalesce(array_agg(revision ORDER BY latest.id), '{}') AS revisions
    FROM (
      SELECT DISTINCT ON (user_id, item_id) * FROM (
        SELECT known.* FROM scenario_items AS pool CROSS JOIN LATERAL (
          SELECT id, user_id, item_id FROM interactions
          WHERE item_id = pool.item_id AND id <= ${watermark} ORDER BY id DESC LIMIT ${limit}
        ) AS known WHERE pool.scenario_id = ${id} ORDER BY known.id DESC LIMIT ${limit}
      ) AS recent ORDER BY user_id, item_id, id DESC
    ) AS latest JOIN items ON items.id = item_id`);
  return row as Pairs;
}

interface Negative {
  readonly id: number;
  readonly revision: number;
}

/** Places looked at between two turns of the event loop: some milliseconds. */
const placesPerTurn = 200_000;

/**
 * For each positive the item of the pool, of those its user has not met, with the smallest hash; none where the user has met
 * them all. Whether an item is available does not count, so that a list that has begun stays itself when that changes.
 */
async function drawNegatives(
  database: Database,
  versionId: number,
  { id, watermark }: ScenarioMoment,
  { userIds, ids }: Pairs,
): Promise<(Negative | undefined)[]> {
  const [pool] = await database.$queryRaw<Candidates[]>(sql`
    SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids, coalesce(array_agg(revision ORDER BY id), '{}') AS revisions
    FROM items JOIN scenario_items ON item_id = id WHERE scenario_id = ${id}`);
  const met = await database.$queryRaw<{ userId: number; itemIds: number[] }[]>(sql`
    SELECT user_id AS "userId", array_agg(DISTINCT item_id) AS "itemIds" FROM interactions
    WHERE user_id = ANY(${[...new Set(userIds)]}) AND id <= ${watermark} GROUP BY user_id`);
  const metBy = new Map(met.map(({ userId, itemIds }) => [userId, new Set(itemIds)]));
  const drawn: (Negative | undefined)[] = [];
  const pairsPerTurn = Math.ceil(placesPerTurn / Math.max((pool as Candidates).ids.length, 1));
  for (const [pair, userId] of userIds.entries()) {
    if (pair % pairsPerTurn === pairsPerTurn - 1) await setImmediate();
    const seed = hashPair(userId, ids[pair] as number, versionId);
    drawn.push(drawNegative(pool as Candidates, metBy.get(userId) ?? new Set(), seed));
  }
  return drawn;
}

function drawNegative(
  { ids, revisions }: Candidates,
  met: ReadonlySet<number>,
  seed: number,
): Negative | undefined {
  let drawn = -1;
  let least = Infinity;
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index] as number;
    const place = hashPair(id, 0, seed);
    if (place >= least || met.has(id)) continue;
    drawn = index;
    least = place;
  }
  return drawn < 0 ? undefined : { id: ids[drawn] as number, revision: revisions[drawn] as number };
}
