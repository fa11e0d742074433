import { encodeEntities } from '../features/entity.ts';
import type { Features } from '../features/feature-schema.ts';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import type { Adaptation, Embeddings } from '../models/recommender.ts';
import { type Database, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hash-pair.ts';
import type { Candidates } from './candidates.ts';
import { drawNegatives } from './draw-negatives.ts';
import type { ServedModel } from './served-models.ts';
import { shownLimit } from './shown-limit.ts';

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
 * The adaptation to what anybody did, in whatever way, with the items of a scenario up to the moment's watermark;
 * `undefined` when that is nothing. The most recent interactions count, a pair of user and item once. Each positive has a
 * negative, an item of the scenario with which the same user has not interacted, if the model is used to them.
 *
 * Interaction ids are given when a transaction writes and seen when it ends: what was under way at the moment may count
 * later on, and change the scores of a list's later pages a little.
 */
export async function adaptToScenario(
  database: Database,
  model: ServedModel,
  scenario: ScenarioMoment,
): Promise<Adaptation | undefined> {
  const { recommender, embeddings } = model;
  const positives = await readPositives(database, scenario, shownLimit(recommender));
  const count = positives.ids.length;
  if (count === 0) return undefined;
  const negatives =
    recommender.support === 'positivesAndNegatives'
      ? await findNegatives(database, model, scenario, positives)
      : none;
  const pairs = joinPairs(positives, negatives);
  return recommender.adapt({
    users: await embedUsers(database, model, pairs.userIds),
    items: await embeddings.embed(pairs),
    labels: new Float32Array(pairs.ids.length).fill(1, 0, count),
  });
}

const none: Pairs = { userIds: [], ids: [], revisions: [] };

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

/** For each positive an available item of the scenario; none where the user has interacted with them all. */
async function findNegatives(
  database: Database,
  { versionId }: ServedModel,
  { id, watermark }: ScenarioMoment,
  { userIds, ids }: Pairs,
): Promise<Pairs> {
  const [pool] = await database.$queryRaw<Candidates[]>(sql`
    SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids, coalesce(array_agg(revision ORDER BY id), '{}') AS revisions
    FROM items JOIN scenario_items ON item_id = id WHERE scenario_id = ${id} AND available`);
  const seen = await database.$queryRaw<{ userId: number; itemIds: number[] }[]>(sql`
    SELECT user_id AS "userId", array_agg(DISTINCT item_id) AS "itemIds" FROM interactions
    WHERE user_id = ANY(${[...new Set(userIds)]}) AND id <= ${watermark} GROUP BY user_id`);
  const seenBy = new Map(seen.map(({ userId, itemIds }) => [userId, new Set(itemIds)]));
  const drawn = userIds.map((userId, pair): Pairs => {
    const seed = hashPair(userId, ids[pair] as number, versionId);
    const negative = drawNegatives(pool as Candidates, seenBy.get(userId) ?? new Set(), 1, seed);
    return { ...negative, userIds: negative.ids.map(() => userId) };
  });
  return drawn.reduce(joinPairs, none);
}

async function embedUsers(
  database: Database,
  { recommender }: ServedModel,
  ids: readonly number[],
): Promise<Embeddings> {
  const rows = await database.user.findMany({
    where: { id: { in: [...new Set(ids)] } },
    select: { id: true, externalId: true, features: true },
  });
  const byId = new Map(rows.map(({ id }, row) => [id, row]));
  const entities = rows.map(({ externalId, features }) => ({
    id: externalId,
    features: features as Features,
  }));
  // Somebody deleted a moment ago is embedded as one of whom nothing is known.
  entities.push({ id: '', features: {} });
  const embedded = await recommender.embedUsers(encodeEntities(recommender.schema, 'user', entities));
  return selectEmbeddings(
    embedded,
    ids.map((id) => byId.get(id) ?? rows.length),
  );
}

function joinPairs(first: Pairs, second: Pairs): Pairs {
  return {
    userIds: [...first.userIds, ...second.userIds],
    ids: [...first.ids, ...second.ids],
    revisions: [...first.revisions, ...second.revisions],
  };
}
