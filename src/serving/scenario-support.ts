import { setImmediate } from 'node:timers/promises';
import type { Entity } from '../features/entity.ts';
import type { Features } from '../features/feature-schema.ts';
import { type Database, type Sql, sql } from '../store/database.ts';
import { hashPair } from '../tasks/hash-pair.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { ServedModel } from './served-models.ts';
import { type Support, shownLimit } from './support.ts';

/** A scenario as of one moment: interactions after `watermark` do not count. */
export interface ScenarioMoment {
  readonly id: number;
  readonly watermark: bigint;
}

/** Users and items of pairs, by internal id. */
interface Pairs extends ItemRevisions {
  readonly userIds: readonly number[];
}

/**
 * What a model is adapted to for each of some scenarios: what anybody did, in whatever way, with its items up to the moment's
 * watermark, oldest first; `undefined` where that is nothing. The most recent interactions count, a pair of user and item
 * once. Each positive has a negative, an item of the scenario with which the same user has not interacted, if the model is
 * used to them. However many scenarios there are, each thing is read with one statement.
 *
 * Interaction ids are given when a transaction writes and seen when it ends: what was under way at the moment may count
 * later on, and change the scores of a list's later pages a little.
 */
export async function readScenarioSupports(
  database: Database,
  { recommender, versionId }: SupportedModel,
  scenarios: readonly ScenarioMoment[],
): Promise<(Support | undefined)[]> {
  const positives = await readPositives(database, scenarios, shownLimit(recommender));
  const users = await readUsers(database, [...new Set(positives.flatMap(({ userIds }) => userIds))]);
  const pools =
    recommender.support === 'positivesAndNegatives'
      ? await readPools(database, scenarios, positives)
      : undefined;
  const supports: (Support | undefined)[] = [];
  for (const [index, known] of positives.entries()) {
    const drawn = pools ? await drawNegatives(versionId, pools[index] as Pool, known) : [];
    supports.push(known.ids.length > 0 ? supportOf(known, drawn, users) : undefined);
  }
  return supports;
}

/** What of a model decides what it is shown. */
export type SupportedModel = Pick<ServedModel, 'recommender' | 'versionId'>;

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

/** The scenarios as rows of a statement, each in its place from 1. */
function rowsOf(scenarios: readonly ScenarioMoment[]): Sql {
  const ids = scenarios.map(({ id }) => id);
  const watermarks = scenarios.map(({ watermark }) => watermark);
  return sql`unnest(${ids}::int[], ${watermarks}::bigint[]) WITH ORDINALITY AS scenario (id, watermark, place)`;
}

/**
 * Of each scenario, oldest first. The latest ones of all are among those with the items that somebody met last; of each of
 * these items at most as many are read, from an index.
 */
function readPositives(
  database: Database,
  scenarios: readonly ScenarioMoment[],
  limit: number,
): Promise<Pairs[]> {
  return database.$queryRaw<Pairs[]>(sql`
    SELECT positives.* FROM ${rowsOf(scenarios)} CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(user_id ORDER BY latest.id), '{}') AS "userIds",
        coalesce(array_agg(item_id ORDER BY latest.id), '{}') AS ids,
        coalesce(array_agg(revision ORDER BY latest.id), '{}') AS revisions
      FROM (
        SELECT DISTINCT ON (user_id, item_id) * FROM (
          SELECT known.* FROM (
            SELECT pool.item_id FROM scenario_items AS pool CROSS JOIN LATERAL (
              SELECT id FROM interactions
              WHERE item_id = pool.item_id AND id <= scenario.watermark ORDER BY id DESC LIMIT 1
            ) AS last WHERE pool.scenario_id = scenario.id ORDER BY last.id DESC LIMIT ${limit}
          ) AS pool CROSS JOIN LATERAL (
            SELECT id, user_id, item_id FROM interactions
            WHERE item_id = pool.item_id AND id <= scenario.watermark ORDER BY id DESC LIMIT ${limit}
          ) AS known ORDER BY known.id DESC LIMIT ${limit}
        ) AS recent ORDER BY user_id, item_id, id DESC
      ) AS latest JOIN items ON items.id = item_id
    ) AS positives ORDER BY place`);
}

/** As one value of JSON: rows by the thousand would take the event loop longer. */
async function readUsers(database: Database, ids: readonly number[]): Promise<Map<number, Entity>> {
  const [row] = await database.$queryRaw<
    { users: [id: number, externalId: string, features: Features][] }[]
  >(sql`
    SELECT coalesce(json_agg(json_build_array(id, external_id, features)), '[]') AS users
    FROM users WHERE id = ANY(${[...ids]})`);
  return new Map(row?.users.map(([id, externalId, features]) => [id, { id: externalId, features }]));
}

interface Negative {
  readonly id: number;
  readonly revision: number;
}

/** The items of a scenario, and by user which of them they have met. */
interface Pool extends ItemRevisions {
  readonly met: Readonly<Record<number, readonly number[]>>;
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
    SELECT pool.*, met.* FROM ${rowsOf(scenarios)} CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(items.id ORDER BY items.id), '{}') AS ids,
        coalesce(array_agg(revision ORDER BY items.id), '{}') AS revisions
      FROM items JOIN scenario_items ON item_id = items.id WHERE scenario_id = scenario.id
    ) AS pool CROSS JOIN LATERAL (
      SELECT coalesce(json_object_agg(user_id, item_ids), '{}') AS met FROM (
        SELECT user_id, json_agg(DISTINCT item_id) AS item_ids
        FROM known JOIN interactions USING (user_id) JOIN scenario_items USING (item_id)
        WHERE known.place = scenario.place AND interactions.id <= scenario.watermark
          AND scenario_items.scenario_id = scenario.id
        GROUP BY user_id
      ) AS met_items
    ) AS met ORDER BY scenario.place`);
}

/** Places looked at between two turns of the event loop: some milliseconds. */
const placesPerTurn = 200_000;

/**
 * For each positive the item of the pool, of those its user has not met, with the smallest hash; none where the user has met
 * them all. Whether an item is available does not count, so that a list that has begun stays itself when that changes.
 */
async function drawNegatives(
  versionId: number,
  pool: Pool,
  { userIds, ids }: Pairs,
): Promise<(Negative | undefined)[]> {
  const metBy = new Map(Object.entries(pool.met).map(([userId, items]) => [Number(userId), new Set(items)]));
  const drawn: (Negative | undefined)[] = [];
  const pairsPerTurn = Math.ceil(placesPerTurn / Math.max(pool.ids.length, 1));
  for (const [pair, userId] of userIds.entries()) {
    if (pair % pairsPerTurn === pairsPerTurn - 1) await setImmediate();
    const seed = hashPair(userId, ids[pair] as number, versionId);
    drawn.push(drawNegative(pool, metBy.get(userId) ?? new Set(), seed));
  }
  return drawn;
}

function drawNegative(
  { ids, revisions }: ItemRevisions,
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
