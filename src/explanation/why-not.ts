import { itemsWithPopularity, positiveCount } from '../catalog/items.ts';
import { type AdaptedModel, adaptModel } from '../serving/adapted-model.ts';
import { allOf, inScenario, type ListArguments, type ListConditions } from '../serving/list-conditions.ts';
import {
  type ListModel,
  openList,
  popularInstead,
  type RecommendationList,
  scopeOf,
} from '../serving/recommendation-list.ts';
import type { ScoredItem } from '../serving/score-candidates.ts';
import { type ScoredList, scoreList } from '../serving/score-list.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import { type Database, sql } from '../store/database.ts';
import { type ExplainedItem, findExplainedItem, scoreItem } from './explained-item.ts';
import { personalPart } from './personal-part.ts';
import { rankCandidates } from './rank-candidates.ts';

export interface WhyNotRequest extends ListArguments {
  /** The external ID of the item. */
  readonly item: string;
  /** The number of items on a page of the list, at least 1. */
  readonly first: number;
}

export interface WhyNot {
  readonly itemId: number;
  readonly outcome: 'SHOWN' | 'FILTERED' | 'NOT_RETRIEVED' | 'OUTRANKED';
  readonly filteredBy: readonly Obstacle[];
  /** The rank from 1; `null` if the item is not in the list. */
  readonly rank: number | null;
  readonly score: number | null;
  readonly lastShownScore: number | null;
  readonly missingScore: number | null;
  readonly listSize: number;
}

/** The rank and the scores of an item in a list. */
interface Standing {
  readonly rank: number | null;
  readonly score: number;
  readonly lastShownScore: number | null;
  readonly listSize: number;
}

/** Explains why an item is not in a list, or which rank it has. Throws like `openList`, and ITEM_NOT_FOUND. */
export async function whyNot(session: ServingSession, request: WhyNotRequest): Promise<WhyNot> {
  const { database } = session.platform;
  const list = await openList(session, request);
  const item = await findExplainedItem(database, request.item);
  const adapted = list.model && (await standAmongScored(session, list, list.model, item, request.first));
  const { conditions } = adapted ? list : popularInstead(list);
  const filteredBy = await itemObstacles(database, conditions, item.id);
  const { score, ...standing } = adapted ?? (await standAmongPopular(database, conditions, item.id, request.first));
  const outcome = outcomeOf(filteredBy, standing.rank, request.first);
  const { lastShownScore } = standing;
  const misses = outcome === 'OUTRANKED' || outcome === 'NOT_RETRIEVED';
  return {
    ...standing,
    itemId: item.id,
    outcome,
    filteredBy,
    score: outcome === 'FILTERED' ? null : score,
    missingScore: misses && lastShownScore !== null ? lastShownScore - score : null,
  };
}

function outcomeOf(filteredBy: readonly Obstacle[], rank: number | null, first: number): WhyNot['outcome'] {
  if (filteredBy.length > 0) return 'FILTERED';
  if (rank === null) return 'NOT_RETRIEVED';
  return rank <= first ? 'SHOWN' : 'OUTRANKED';
}

/** Ranks the item in a list that a model scores; `undefined` without a support set. */
async function standAmongScored(
  session: ServingSession,
  list: RecommendationList,
  listModel: ListModel,
  { id, revision }: ExplainedItem,
  first: number,
): Promise<Standing | undefined> {
  return session.platform.models.use(listModel.versionId, async (model) => {
    const scored = await scoreList(session, list);
    const adapted = await adaptModel(session, model, listModel.taskKind, list);
    if (!scored || !adapted) return undefined;
    const ranked = rankCandidates(scored);
    const place = ranked.findIndex(({ itemId }) => itemId === id);
    return {
      rank: place < 0 ? null : place + 1,
      score: ranked[place]?.score ?? (await scoreOutside(session, list, scored, adapted, { id, revision })),
      lastShownScore: lastShown(ranked, first),
      listSize: ranked.length,
    };
  });
}

/** Returns the score of an item that is not a candidate. */
async function scoreOutside(
  session: ServingSession,
  list: RecommendationList,
  scored: ScoredList,
  { model, adaptation, user }: AdaptedModel,
  { id, revision }: ExplainedItem,
): Promise<number> {
  const item = await model.embeddings.embed({ ids: [id], revisions: [revision] });
  const personal = await personalPart(session, list, scored, { id, revision });
  return (await scoreItem(model, adaptation, { user, item, scope: scopeOf(list) })) + (personal?.score ?? 0);
}

function lastShown(ranked: readonly ScoredItem[], first: number): number | null {
  return ranked[Math.min(first, ranked.length) - 1]?.score ?? null;
}

/** Ranks the item in a list of popular items, whose scores are their numbers of positive interactions. */
async function standAmongPopular(
  database: Database,
  conditions: ListConditions,
  id: number,
  first: number,
): Promise<Standing> {
  const [row] = await database.$queryRaw<Standing[]>(sql`
    WITH ranked AS (
      SELECT items.id, ${positiveCount} AS score,
        row_number() OVER (ORDER BY ${positiveCount} DESC, items.id)::int AS rank
      FROM ${itemsWithPopularity} WHERE ${allOf(conditions)}
    )
    SELECT (SELECT rank FROM ranked WHERE id = ${id}) AS rank,
      (SELECT ${positiveCount} FROM ${itemsWithPopularity} WHERE items.id = ${id}) AS score,
      (SELECT score FROM ranked WHERE rank <= ${first} ORDER BY rank DESC LIMIT 1) AS "lastShownScore",
      (SELECT count(*)::int FROM ranked) AS "listSize"`);
  return row as Standing;
}

/** The reasons why an item is filtered out of a list. */
export const obstacles = ['UNAVAILABLE', 'NOT_IN_SCENARIO', 'SEEN', 'EXCLUDED', 'FEATURES'] as const;
export type Obstacle = (typeof obstacles)[number];

/** Returns all reasons why an item is filtered out of a list, in the order of `obstacles`. */
async function itemObstacles(
  database: Database,
  { available, scenarioId, notSeen, notExcluded, features }: ListConditions,
  itemId: number,
): Promise<Obstacle[]> {
  // A condition that is NULL filters an item out, as in a list.
  const [row] = await database.$queryRaw<Record<Obstacle, boolean>[]>(sql`
    SELECT (${available}) IS NOT TRUE AS "UNAVAILABLE", (${inScenario(scenarioId)}) IS NOT TRUE AS "NOT_IN_SCENARIO",
      (${notSeen}) IS NOT TRUE AS "SEEN", (${notExcluded}) IS NOT TRUE AS "EXCLUDED",
      (${features}) IS NOT TRUE AS "FEATURES"
    FROM items WHERE id = ${itemId}`);
  return obstacles.filter((obstacle) => row?.[obstacle]);
}
