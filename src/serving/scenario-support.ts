import { setImmediate } from 'node:timers/promises';
import type { Entity } from '../features/encode-features.ts';
import type { ItemTable } from '../live-catalog/item-table.ts';
import type { LiveScenario } from '../live-catalog/scenario-table.ts';
import { type Connections, prepared } from '../store/prepared.ts';
import { hashPair } from '../tasks/hashing.ts';
import { type Support, type SupportedModel, type SupportReader, supportSize } from './support.ts';

/** A scenario as of one moment. Interactions after `watermark` do not count. */
export type ScenarioMoment = Pick<LiveScenario, 'id' | 'watermark' | 'pool' | 'revision'>;

/** Pairs of users by internal ID, and items by row of the catalog. */
interface Pairs {
  readonly userIds: readonly number[];
  readonly rows: readonly number[];
}

/**
 * Reads the support set of each scenario: all users' positive interactions with its items up to the watermark, oldest
 * first. A scenario without them has `undefined`. Only the most recent interactions count, a pair of user and item
 * counts once, and a pair does not count if a low rating or a dislike came later. If the model was trained with
 * negatives, each positive has one: an item of the scenario that the same user dislikes, or, once these are used up,
 * one that the user has not interacted with. The number of statements does not depend on the number of scenarios.
 *
 * An interaction gets its ID when its transaction writes it and becomes visible when the transaction ends. An
 * interaction that was being written at the moment of the list can therefore count for later pages, and change their
 * scores slightly.
 */
export async function readScenarioSupports(
  { catalog, connections }: SupportReader,
  { recommender, versionId }: SupportedModel,
  scenarios: readonly ScenarioMoment[],
): Promise<(Support | undefined)[]> {
  const { items } = catalog;
  const found = await readPositives(connections, [
    scenarios.map(({ id }) => id),
    scenarios.map(({ watermark }) => String(watermark)),
    supportSize(recommender),
  ]);
  const positives = found.map((row) => pairsOf(items, row));
  const negatives =
    recommender.support === 'positivesAndNegatives'
      ? await drawNegatives(connections, items, versionId, scenarios, positives)
      : undefined;
  return positives.map((known, index) => {
    if (known.rows.length === 0) return undefined;
    const users = found[index]?.users.map(([id, externalId, features]): [number, Entity] => [
      id,
      { id: externalId, features: catalog.featuresOfUser(externalId, features) },
    ]);
    return supportOf(known, negatives?.[index] ?? [], new Map(users));
  });
}

/** Leaves out items that have been deleted since. */
function pairsOf(items: ItemTable, { userIds, itemIds }: PositivesRow): Pairs {
  const pairs = { userIds: [] as number[], rows: [] as number[] };
  for (const [pair, itemId] of itemIds.entries()) {
    const row = items.rowOf(itemId);
    if (row === undefined) continue;
    pairs.userIds.push(userIds[pair] as number);
    pairs.rows.push(row);
  }
  return pairs;
}

function supportOf(
  positives: Pairs,
  drawn: readonly (number | undefined)[],
  users: ReadonlyMap<number, Entity>,
): Support {
  const known = positives.rows.length;
  const userIds = [...positives.userIds];
  const rows = [...positives.rows];
  const negatives = positives.rows.map((_, pair) => {
    const negative = drawn[pair];
    if (negative === undefined) return undefined;
    userIds.push(positives.userIds[pair] as number);
    return rows.push(negative) - 1;
  });
  return { userIds, users, rows, labels: new Float32Array(rows.length).fill(1, 0, known), known, negatives };
}

interface PositivesRow {
  readonly userIds: readonly number[];
  readonly itemIds: readonly number[];
  readonly users: readonly [id: number, externalId: string, features: unknown][];
}

const latestFirst = 'ORDER BY occurred_at DESC, id DESC';

/**
 * Reads the positives of each scenario, oldest first, with their users. The latest positives of a scenario are with the
 * items that had a positive interaction last. If there are `$3` such items, none of these positives is earlier than the
 * last one of any of them. The later dislikes are looked up one by one: a join would read all interactions of these
 * users.
 */
const readPositives = prepared<PositivesRow>(
  'positives of scenarios',
  `SELECT found.* FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS scenario (id, watermark, place)
   CROSS JOIN LATERAL (
     WITH lasts AS MATERIALIZED (
       SELECT pool.item_id, last.occurred_at FROM scenario_items AS pool CROSS JOIN LATERAL (
         SELECT occurred_at, id FROM opinions
         WHERE item_id = pool.item_id AND id <= scenario.watermark AND opinion > 0 ${latestFirst} LIMIT 1
       ) AS last WHERE pool.scenario_id = scenario.id ${latestFirst} LIMIT $3::int
     ),
     bound AS MATERIALIZED (
       SELECT CASE WHEN count(*) = $3::int THEN min(occurred_at) ELSE '-infinity' END AS earliest FROM lasts
     ),
     recent AS MATERIALIZED (
       SELECT known.* FROM lasts CROSS JOIN LATERAL (
         SELECT id, user_id, item_id, occurred_at FROM opinions
         WHERE item_id = lasts.item_id AND occurred_at >= (SELECT earliest FROM bound) AND id <= scenario.watermark
           AND opinion > 0 ${latestFirst} LIMIT $3::int
       ) AS known ${latestFirst} LIMIT $3::int
     ),
     latest AS (
       SELECT DISTINCT ON (user_id, item_id) * FROM recent ORDER BY user_id, item_id, occurred_at DESC, id DESC
     ),
     positives AS MATERIALIZED (
       SELECT latest.* FROM latest WHERE coalesce((
         SELECT FALSE FROM opinions AS later
         WHERE later.user_id = latest.user_id AND later.item_id = latest.item_id AND later.id <= scenario.watermark
           AND later.opinion <= 0 AND (later.occurred_at, later.id) > (latest.occurred_at, latest.id) LIMIT 1
       ), TRUE)
     )
     SELECT coalesce(json_agg(user_id ORDER BY occurred_at, id), '[]') AS "userIds",
       coalesce(json_agg(item_id ORDER BY occurred_at, id), '[]') AS "itemIds",
       (SELECT coalesce(json_agg(json_build_array(id, external_id, features)), '[]') FROM users
        WHERE id IN (SELECT user_id FROM positives)) AS users
     FROM positives
   ) AS found ORDER BY place`,
);

/** The items of a pool that a user has interacted with, and those of them that the user dislikes. */
type InteractedItems = readonly [itemIds: readonly number[], disliked: readonly number[]];

/** For each scenario and user, the items of the pool that the user has interacted with. */
const interactedBy = prepared<{ interacted: Readonly<Record<string, InteractedItems>> }>(
  'interactions in scenarios',
  `WITH known AS (SELECT * FROM unnest($3::int[], $4::int[]) AS known (place, user_id))
   SELECT interacted.* FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS scenario (id, watermark, place)
   CROSS JOIN LATERAL (
     SELECT coalesce(json_object_agg(user_id, items), '{}') AS interacted FROM (
       SELECT user_id, json_build_array(json_agg(item_id),
         coalesce(json_agg(item_id ORDER BY item_id) FILTER (WHERE opinion < 0), '[]')) AS items
       FROM (
         SELECT user_id, item_id, (array_agg(opinion ORDER BY occurred_at DESC, id DESC) FILTER (WHERE opinion IS NOT NULL))[1] AS opinion
         FROM (
           SELECT user_id, item_id, occurred_at, interactions.id,
             CASE WHEN expires_after_days IS NULL OR occurred_at > now() - expires_after_days * interval '1 day'
               THEN opinion(type, polarity, weight, positive_from, value) END AS opinion
           FROM known JOIN interactions USING (user_id) JOIN scenario_items USING (item_id)
             JOIN interaction_types ON interaction_types.name = type
           WHERE known.place = scenario.place AND interactions.id <= scenario.watermark
             AND scenario_items.scenario_id = scenario.id
         ) AS given GROUP BY user_id, item_id
       ) AS latest GROUP BY user_id
     ) AS interacted_items
   ) AS interacted ORDER BY scenario.place`,
);

/** Hashes computed between two turns of the event loop, which takes some milliseconds. */
const hashesPerTurn = 200_000;

/**
 * Draws for each positive of each scenario an item of the pool: one that the user dislikes and that is no negative yet,
 * or the one with the smallest hash that the user has not interacted with; `undefined` if there is none. Unavailable
 * items count too, so that the scores of a list do not change when an item becomes unavailable.
 */
async function drawNegatives(
  connections: Connections,
  items: ItemTable,
  versionId: number,
  scenarios: readonly ScenarioMoment[],
  positives: readonly Pairs[],
): Promise<(number | undefined)[][]> {
  const users = positives.flatMap(({ userIds }, index) => [...new Set(userIds)].map((id) => [index + 1, id] as const));
  const found = await interactedBy(connections, [
    scenarios.map(({ id }) => id),
    scenarios.map(({ watermark }) => String(watermark)),
    users.map(([place]) => place),
    users.map(([, id]) => id),
  ]);
  const drawn: (number | undefined)[][] = [];
  for (const [index, { pool }] of scenarios.entries()) {
    const interacted = found[index]?.interacted ?? {};
    drawn.push(await drawFromPool(items, versionId, pool, positives[index] as Pairs, interacted));
  }
  return drawn;
}

async function drawFromPool(
  items: ItemTable,
  versionId: number,
  pool: Int32Array,
  { userIds, rows }: Pairs,
  interactedByUser: Readonly<Record<string, InteractedItems>>,
): Promise<(number | undefined)[]> {
  const users = Object.entries(interactedByUser).map(([user, items]) => [Number(user), items] as const);
  const interacted = new Map(users.map(([user, [ids]]) => [user, new Set(ids)]));
  const disliked = new Map(users.map(([user, [, ids]]) => [user, ids.flatMap((id) => items.rowOf(id) ?? [])]));
  const drawn: (number | undefined)[] = [];
  const pairsPerTurn = Math.ceil(hashesPerTurn / Math.max(pool.length, 1));
  for (const [pair, userId] of userIds.entries()) {
    if (pair % pairsPerTurn === pairsPerTurn - 1) await setImmediate();
    const [next] = disliked.get(userId)?.splice(0, 1) ?? [];
    if (next !== undefined) {
      drawn.push(next);
      continue;
    }
    const seed = hashPair(userId, items.ids[rows[pair] as number] as number, versionId);
    drawn.push(drawNegative(items, pool, interacted.get(userId) ?? new Set(), seed));
  }
  return drawn;
}

function drawNegative(
  { ids }: ItemTable,
  pool: Int32Array,
  interacted: ReadonlySet<number>,
  seed: number,
): number | undefined {
  let drawn: number | undefined;
  let smallest = Infinity;
  for (const row of pool) {
    const id = ids[row] as number;
    const hash = hashPair(id, 0, seed);
    if (hash >= smallest || interacted.has(id)) continue;
    drawn = row;
    smallest = hash;
  }
  return drawn;
}
