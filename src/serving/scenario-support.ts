import { setImmediate } from 'node:timers/promises';
import { positiveFrom, positiveSql } from '../catalog/interaction-value.ts';
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
 * counts once, and a pair whose latest interaction is a low rating does not count. If the model was trained with
 * negatives, each positive has one: an item of the scenario that the same user has not interacted with. The number of
 * statements does not depend on the number of scenarios.
 *
 * An interaction gets its ID when its transaction writes it and becomes visible when the transaction ends. An
 * interaction that was being written at the moment of the list can therefore count for later pages, and change their
 * scores slightly.
 */
export async function readScenarioSupports(
  { catalog, connections, ratingScale }: SupportReader,
  { recommender, versionId }: SupportedModel,
  scenarios: readonly ScenarioMoment[],
): Promise<(Support | undefined)[]> {
  const { items } = catalog;
  const found = await positivesOf(connections, [
    scenarios.map(({ id }) => id),
    scenarios.map(({ watermark }) => String(watermark)),
    positiveFrom(ratingScale),
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

const isPositive = positiveSql('$3::float8');

/**
 * Reads the positives of each scenario, oldest first, with their users. The latest positives of a scenario are with the
 * items that had a positive interaction last, so at most `$4` of each of these items are read, using an index. A pair
 * does not count if the user rated the item low later.
 */
const positivesOf = prepared<PositivesRow>(
  'positives of scenarios',
  `SELECT found.* FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS scenario (id, watermark, place)
   CROSS JOIN LATERAL (
     WITH recent AS MATERIALIZED (
       SELECT known.* FROM (
         SELECT pool.item_id FROM scenario_items AS pool CROSS JOIN LATERAL (
           SELECT id FROM interactions
           WHERE item_id = pool.item_id AND id <= scenario.watermark AND ${isPositive} ORDER BY id DESC LIMIT 1
         ) AS last WHERE pool.scenario_id = scenario.id ORDER BY last.id DESC LIMIT $4::int
       ) AS pool CROSS JOIN LATERAL (
         SELECT id, user_id, item_id FROM interactions
         WHERE item_id = pool.item_id AND id <= scenario.watermark AND ${isPositive} ORDER BY id DESC LIMIT $4::int
       ) AS known ORDER BY known.id DESC LIMIT $4::int
     ),
     disliked AS MATERIALIZED (
       SELECT user_id, item_id, max(id) AS id FROM interactions
       WHERE user_id IN (SELECT user_id FROM recent) AND id > (SELECT min(id) FROM recent)
         AND id <= scenario.watermark AND NOT ${isPositive}
       GROUP BY user_id, item_id
     ),
     latest AS (SELECT user_id, item_id, max(id) AS id FROM recent GROUP BY user_id, item_id),
     positives AS MATERIALIZED (
       SELECT latest.* FROM latest LEFT JOIN disliked USING (user_id, item_id)
       WHERE disliked.id IS NULL OR disliked.id < latest.id
     )
     SELECT coalesce(json_agg(user_id ORDER BY id), '[]') AS "userIds",
       coalesce(json_agg(item_id ORDER BY id), '[]') AS "itemIds",
       (SELECT coalesce(json_agg(json_build_array(id, external_id, features)), '[]') FROM users
        WHERE id IN (SELECT user_id FROM positives)) AS users
     FROM positives
   ) AS found ORDER BY place`,
);

/** For each scenario and user, the items of the pool that the user has interacted with. */
const interactedBy = prepared<{ interacted: Readonly<Record<string, readonly number[]>> }>(
  'interactions in scenarios',
  `WITH known AS (SELECT * FROM unnest($3::int[], $4::int[]) AS known (place, user_id))
   SELECT interacted.* FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS scenario (id, watermark, place)
   CROSS JOIN LATERAL (
     SELECT coalesce(json_object_agg(user_id, item_ids), '{}') AS interacted FROM (
       SELECT user_id, json_agg(DISTINCT item_id) AS item_ids
       FROM known JOIN interactions USING (user_id) JOIN scenario_items USING (item_id)
       WHERE known.place = scenario.place AND interactions.id <= scenario.watermark
         AND scenario_items.scenario_id = scenario.id
       GROUP BY user_id
     ) AS interacted_items
   ) AS interacted ORDER BY scenario.place`,
);

/** Hashes computed between two turns of the event loop, which takes some milliseconds. */
const hashesPerTurn = 200_000;

/**
 * Draws for each positive of each scenario the item of the pool with the smallest hash that the user has not interacted
 * with; `undefined` if there is none. Unavailable items count too, so that the scores of a list do not change when an
 * item becomes unavailable.
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
  interactedByUser: Readonly<Record<string, readonly number[]>>,
): Promise<(number | undefined)[]> {
  const interacted = new Map(Object.entries(interactedByUser).map(([user, ids]) => [Number(user), new Set(ids)]));
  const drawn: (number | undefined)[] = [];
  const pairsPerTurn = Math.ceil(hashesPerTurn / Math.max(pool.length, 1));
  for (const [pair, userId] of userIds.entries()) {
    if (pair % pairsPerTurn === pairsPerTurn - 1) await setImmediate();
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
