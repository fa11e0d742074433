import { setImmediate } from 'node:timers/promises';
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
import { embedSupport, type Support } from './support.ts';

/** A scenario as of one moment: interactions after `watermark` do not count. */
export interface ScenarioMoment {
  readonly id: number;
  readonly watermark: bigint;
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
  const [support] = await readScenarioSupports(database, model, [scenario]);
  if (!support) return undefined;
  const users = await embedUsers(database, model, support.userIds);
  return model.recommender.adapt(await embedSupport(model, support, users));
}

/**
 * What `adaptToScenario` adapts to, of each of these scenarios; `undefined` where there is nothing. It takes one statement or
 * three, for however many scenarios, which must differ.
 */
export async function readScenarioSupports(
  database: Database,
  model: ServedModel,
  scenarios: readonly ScenarioMoment[],
): Promise<(Support | undefined)[]> {
  const positives = await readPositives(database, scenarios, shownLimit(model.recommender));
  const byScenario = new Map(positives.map((pairs) => [pairs.scenarioId, pairs]));
  const drawsNegatives = model.recommender.support === 'positivesAndNegatives' && positives.length > 0;
  const draw = drawsNegatives ? await negativesOf(database, model, scenarios, positives) : () => none;
  const supports: (Support | undefined)[] = [];
  for (const { id } of scenarios) {
    // Drawing negatives takes some milliseconds a scenario.
    if (drawsNegatives && supports.length > 0) await setImmediate();
    const pairs = byScenario.get(id);
    supports.push(pairs && supportOf(pairs, draw));
  }
  return supports;
}

/** Users and items of pairs, by internal id. */
interface Pairs extends Candidates {
  readonly scenarioId: number;
  readonly userIds: readonly number[];
}

const none: Candidates = { ids: [], revisions: [] };

/** Each positive comes with its negatives, of which there is one or none. */
function supportOf(pairs: Pairs, draw: (pairs: Pairs, row: number) => Candidates): Support {
  const { userIds, ids, revisions } = pairs;
  const known = ids.length;
  const drawn = ids.map((_, row) => draw(pairs, row));
  const owners = drawn.flatMap((negatives, row) => negatives.ids.map(() => row));
  return {
    userIds: [...userIds, ...owners.map((row) => userIds[row] as number)],
    ids: [...ids, ...drawn.flatMap((negatives) => negatives.ids)],
    revisions: [...revisions, ...drawn.flatMap((negatives) => negatives.revisions)],
    labels: new Float32Array(known + owners.length).fill(1, 0, known),
    known,
    negatives: ids.map((_, row) => {
      const place = owners.indexOf(row);
      return place < 0 ? undefined : known + place;
    }),
  };
}

/** Oldest first. For each item at most the latest ones are read, from an index; of scenarios without any there are none. */
async function readPositives(
  database: Database,
  scenarios: readonly ScenarioMoment[],
  limit: number,
): Promise<Pairs[]> {
  return database.$queryRaw<Pairs[]>(sql`
    SELECT asked.id AS "scenarioId", array_agg(user_id ORDER BY latest.id) AS "userIds",
      array_agg(item_id ORDER BY latest.id) AS ids, array_agg(revision ORDER BY latest.id) AS revisions
    FROM ${unnest(scenarios)} CROSS JOIN LATERAL (
      SELECT DISTINCT ON (user_id, item_id) * FROM (
        SELECT known.* FROM scenario_items AS pool CROSS JOIN LATERAL (
          SELECT id, user_id, item_id FROM interactions
          WHERE item_id = pool.item_id AND id <= asked.watermark ORDER BY id DESC LIMIT ${limit}
        ) AS known WHERE pool.scenario_id = asked.id ORDER BY known.id DESC LIMIT ${limit}
      ) AS recent ORDER BY user_id, item_id, id DESC
    ) AS latest JOIN items ON items.id = item_id GROUP BY asked.id`);
}

/** For each positive an available item of the scenario; none where the user has interacted with them all. */
async function negativesOf(
  database: Database,
  { versionId }: ServedModel,
  scenarios: readonly ScenarioMoment[],
  positives: readonly Pairs[],
): Promise<(pairs: Pairs, row: number) => Candidates> {
  const pools = await database.$queryRaw<(Candidates & { scenarioId: number })[]>(sql`
    SELECT scenario_id AS "scenarioId", array_agg(id ORDER BY id) AS ids, array_agg(revision ORDER BY id) AS revisions
    FROM items JOIN scenario_items ON item_id = id
    WHERE scenario_id = ANY(${scenarios.map(({ id }) => id)}) AND available GROUP BY scenario_id`);
  const poolOf = new Map(pools.map(({ scenarioId, ...pool }) => [scenarioId, pool]));
  const seenBy = await readSeen(database, scenarios, positives);
  return ({ scenarioId, userIds, ids }, row) => {
    const userId = userIds[row] as number;
    const seed = hashPair(userId, ids[row] as number, versionId);
    const seen = seenBy.get(`${scenarioId} ${userId}`) ?? new Set();
    return drawNegatives(poolOf.get(scenarioId) ?? none, seen, 1, seed);
  };
}

/** The items of each scenario with which each of its users has interacted, by the ids of the two. */
async function readSeen(
  database: Database,
  scenarios: readonly ScenarioMoment[],
  positives: readonly Pairs[],
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const users = positives.flatMap(({ scenarioId, userIds }) =>
    [...new Set(userIds)].map((userId) => ({ scenarioId, userId })),
  );
  const rows = await database.$queryRaw<{ scenarioId: number; userId: number; itemIds: number[] }[]>(sql`
    SELECT asked.id AS "scenarioId", user_id AS "userId", array_agg(DISTINCT interactions.item_id) AS "itemIds"
    FROM ${unnest(scenarios)}
      JOIN unnest(${users.map(({ scenarioId }) => scenarioId)}::int[], ${users.map(({ userId }) => userId)}::int[])
        AS seeing (scenario_id, user_id) ON seeing.scenario_id = asked.id
      JOIN interactions USING (user_id)
      JOIN scenario_items AS pool ON pool.scenario_id = asked.id AND pool.item_id = interactions.item_id
    WHERE interactions.id <= asked.watermark GROUP BY asked.id, user_id`);
  return new Map(
    rows.map(({ scenarioId, userId, itemIds }) => [`${scenarioId} ${userId}`, new Set(itemIds)]),
  );
}

/** The users of pairs as the model reads them, `[ids.length, width]`. */
export async function embedUsers(
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

function unnest(scenarios: readonly ScenarioMoment[]) {
  const ids = scenarios.map(({ id }) => id);
  const watermarks = scenarios.map(({ watermark }) => watermark);
  return sql`unnest(${ids}::int[], ${watermarks}::bigint[]) AS asked (id, watermark)`;
}
