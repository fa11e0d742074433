import { setImmediate } from 'node:timers/promises';
import { isPositiveInteraction, positiveFrom } from '../catalog/interaction-value.ts';
import type { Entity } from '../features/encode-features.ts';
import type { Features } from '../features/feature-schema.ts';
import { type Database, type Sql, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hashing.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import { type Support, type SupportedModel, type SupportReader, supportSize } from './support.ts';

/** A scenario as of one moment. Interactions after `watermark` do not count. */
export interface ScenarioMoment {
  readonly id: number;
  readonly watermark: bigint;
}

/** Users and items of pairs, by internal ID. */
interface Pairs extends ItemRevisions {
  readonly userIds: readonly number[];
}

/**
 * Reads the support set of each scenario: all users' positive interactions with its items up to the watermark, oldest
 * first. A scenario without them has `undefined`. Only the most recent interactions count, a pair of user and item
 * counts once, and a pair whose latest interaction is a low rating does not count. If the model was trained with
 * negatives, each positive has one: an item of the scenario that the same user has not interacted with. The number of
 * statements does not depend on the number of scenarios.
 *
 * An interaction gets its ID when its transaction writes it and becomes visible when the transaction ends. An
 * interaction that was being written at the moment of the list can therefore count for later pages, and change their
 * scores slightly.
 */
export async function readScenarioSupports(
  { database, ratingScale }: SupportReader,
  { recommender, versionId }: SupportedModel,
  scenarios: readonly ScenarioMoment[],
): Promise<(Support | undefined)[]> {
  const isPositive = isPositiveInteraction(positiveFrom(ratingScale));
  const positives = await readPositives(database, scenarios, isPositive, supportSize(recommender));
  const users = await readUsers(database, [...new Set(positives.flatMap(({ userIds }) => userIds))]);
  const pools =
    recommender.support === 'positivesAndNegatives' ? await readPools(database, scenarios, positives) : undefined;
  const supports: (Support | undefined)[] = [];
  for (const [index, known] of positives.entries()) {
    const drawn = pools ? await drawNegatives(versionId, pools[index] as Pool, known) : [];
    supports.push(known.ids.length > 0 ? supportOf(known, drawn, users) : undefined);
  }
  return supports;
}

function supportOf(
  positives: Pairs,
  drawn: readonly (Negative | undefined)[],
  users: ReadonlyMap<number, Entity>,
): Support {
  const known = positives.ids.length;
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
  return { userIds, users, ids, revisions, labels, known, negatives };
}

/** Returns the scenarios as rows of a statement, with their position from 1. */
function rowsOf(scenarios: readonly ScenarioMoment[]): Sql {
  const ids = scenarios.map(({ id }) => id);
  const watermarks = scenarios.map(({ watermark }) => watermark);
  return sql`unnest(${ids}::int[], ${watermarks}::bigint[]) WITH ORDINALITY AS scenario (id, watermark, place)`;
}

/**
 * Reads the positives of each scenario, oldest first. The latest positives of a scenario are with the items that
 * had a positive interaction last, so at most `limit` of each of these items are read, using an index. A pair
 * does not count if the user rated the item low later.
 */
function readPositives(
  database: Database,
  scenarios: readonly ScenarioMoment[],
  isPositive: Sql,
  limit: number,
): Promise<Pairs[]> {
  return database.$queryRaw<Pairs[]>(sql`
    SELECT positives.* FROM ${rowsOf(scenarios)} CROSS JOIN LATERAL (
      WITH recent AS MATERIALIZED (
        SELECT known.* FROM (
          SELECT pool.item_id FROM scenario_items AS pool CROSS JOIN LATERAL (
            SELECT id FROM interactions
            WHERE item_id = pool.item_id AND id <= scenario.watermark AND ${isPositive} ORDER BY id DESC LIMIT 1
          ) AS last WHERE pool.scenario_id = scenario.id ORDER BY last.id DESC LIMIT ${limit}
        ) AS pool CROSS JOIN LATERAL (
          SELECT id, user_id, item_id FROM interactions
          WHERE item_id = pool.item_id AND id <= scenario.watermark AND ${isPositive} ORDER BY id DESC LIMIT ${limit}
        ) AS known ORDER BY known.id DESC LIMIT ${limit}
      ),
      disliked AS MATERIALIZED (
        SELECT user_id, item_id, max(id) AS id FROM interactions
        WHERE user_id IN (SELECT user_id FROM recent) AND id > (SELECT min(id) FROM recent)
          AND id <= scenario.watermark AND NOT ${isPositive}
        GROUP BY user_id, item_id
      ),
      latest AS (SELECT user_id, item_id, max(id) AS id FROM recent GROUP BY user_id, item_id)
      SELECT coalesce(array_agg(user_id ORDER BY latest.id), '{}') AS "userIds",
        coalesce(array_agg(item_id ORDER BY latest.id), '{}') AS ids,
        coalesce(array_agg(revision ORDER BY latest.id), '{}') AS revisions
      FROM latest JOIN items ON items.id = item_id LEFT JOIN disliked USING (user_id, item_id)
      WHERE disliked.id IS NULL OR disliked.id < latest.id
    ) AS positives ORDER BY place`);
}

/** Reads the users as one JSON value, since thousands of rows would block the event loop for longer. */
async function readUsers(database: Database, ids: readonly number[]): Promise<Map<number, Entity>> {
  const [row] = await database.$queryRaw<{ users: [id: number, externalId: string, features: Features][] }[]>(sql`
    SELECT coalesce(json_agg(json_build_array(id, external_id, features)), '[]') AS users
    FROM users WHERE id = ANY(${[...ids]})`);
  return new Map(row?.users.map(([id, externalId, features]) => [id, { id: externalId, features }]));
}

interface Negative {
  readonly id: number;
  readonly revision: number;
}

/** The items of a scenario, and for each user those that the user has interacted with. */
interface Pool extends ItemRevisions {
  readonly interacted: Readonly<Record<number, readonly number[]>>;
}

async function readPools(
  database: Database,
  scenarios: readonly ScenarioMoment[],
  positives: readonly Pairs[],
): Promise<Pool[]> {
  const users = positives.flatMap(({ userIds }, index) =>
    [...new Set(userIds)].map((userId) => ({ userId, place: index + 1 })),
  );
  return database.$queryRaw<Pool[]>(sql`
    WITH known AS (
      SELECT * FROM unnest(${users.map(({ place }) => place)}::int[], ${users.map(({ userId }) => userId)}::int[])
        AS known (place, user_id)
    )
    SELECT pool.*, interacted.* FROM ${rowsOf(scenarios)} CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(items.id ORDER BY items.id), '{}') AS ids,
        coalesce(array_agg(revision ORDER BY items.id), '{}') AS revisions
      FROM items JOIN scenario_items ON item_id = items.id WHERE scenario_id = scenario.id
    ) AS pool CROSS JOIN LATERAL (
      SELECT coalesce(json_object_agg(user_id, item_ids), '{}') AS interacted FROM (
        SELECT user_id, json_agg(DISTINCT item_id) AS item_ids
        FROM known JOIN interactions USING (user_id) JOIN scenario_items USING (item_id)
        WHERE known.place = scenario.place AND interactions.id <= scenario.watermark
          AND scenario_items.scenario_id = scenario.id
        GROUP BY user_id
      ) AS interacted_items
    ) AS interacted ORDER BY scenario.place`);
}

/** Hashes computed between two turns of the event loop, which takes some milliseconds. */
const hashesPerTurn = 200_000;

/**
 * Draws for each positive the item of the pool with the smallest hash that the user has not interacted with;
 * `undefined` if there is none. Unavailable items count too, so that the scores of a list do not change when an item
 * becomes unavailable.
 */
async function drawNegatives(
  versionId: number,
  pool: Pool,
  { userIds, ids }: Pairs,
): Promise<(Negative | undefined)[]> {
  const interactedBy = new Map(
    Object.entries(pool.interacted).map(([userId, items]) => [Number(userId), new Set(items)]),
  );
  const drawn: (Negative | undefined)[] = [];
  const pairsPerTurn = Math.ceil(hashesPerTurn / Math.max(pool.ids.length, 1));
  for (const [pair, userId] of userIds.entries()) {
    if (pair % pairsPerTurn === pairsPerTurn - 1) await setImmediate();
    const seed = hashPair(userId, ids[pair] as number, versionId);
    drawn.push(drawNegative(pool, interactedBy.get(userId) ?? new Set(), seed));
  }
  return drawn;
}

function drawNegative(
  { ids, revisions }: ItemRevisions,
  interacted: ReadonlySet<number>,
  seed: number,
): Negative | undefined {
  let drawn = -1;
  let smallest = Infinity;
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index] as number;
    const hash = hashPair(id, 0, seed);
    if (hash >= smallest || interacted.has(id)) continue;
    drawn = index;
    smallest = hash;
  }
  return drawn < 0 ? undefined : { id: ids[drawn] as number, revision: revisions[drawn] as number };
}
