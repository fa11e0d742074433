import { checkItemFilter, type ItemFilter } from '../catalog/item-filter.ts';
import { WarmstartError } from '../errors.ts';
import { openTo } from '../serving/candidates.ts';
import type { ListModel, RecommendationList } from '../serving/recommendation-list.ts';
import type { ScoredItem } from '../serving/score-candidates.ts';
import { type Database, sql } from '../store/database.ts';
import { adaptTask, rankCandidates, scoreItem, type TaskList } from './adapted-task.ts';
import type { ExplanationRequest } from './explain-recommendation.ts';
import { type ExplainedItem, findExplainedItem, openExplainedList } from './explained-list.ts';
import type { ExplanationContext } from './explanation-context.ts';
import { itemObstacles, type Obstacle } from './item-obstacles.ts';

export interface WhyNotRequest extends ExplanationRequest {
  /** How many items the list shows, at least 1. */
  readonly first: number;
  readonly filter?: ItemFilter | null | undefined;
  /** The client's ids of items. */
  readonly exclude?: readonly string[] | null | undefined;
  readonly includeSeen?: boolean;
}

export interface WhyNot {
  readonly itemId: number;
  readonly outcome: 'SHOWN' | 'FILTERED' | 'NOT_RETRIEVED' | 'OUTRANKED';
  readonly filteredBy: readonly Obstacle[];
  /** From 1; `null` when the item is not in the list. */
  readonly rank: number | null;
  readonly score: number | null;
  readonly lastShownScore: number | null;
  readonly missingScore: number | null;
  readonly listSize: number;
}

/** Where an item stands in a list, in whose terms it is explained. */
interface Standing {
  readonly rank: number | null;
  readonly score: number;
  readonly lastShownScore: number | null;
  readonly listSize: number;
}

const mostExcluded = 1000;

/**
 * Why an item is not on a list, or how far down. Throws BAD_USER_INPUT, USER_NOT_FOUND, SCENARIO_NOT_FOUND and
 * ITEM_NOT_FOUND.
 */
export async function whyNot(context: ExplanationContext, request: WhyNotRequest): Promise<WhyNot> {
  const { database } = context;
  const list = await openConditioned(database, request);
  const item = await findExplainedItem(database, request.item);
  const filteredBy = await itemObstacles(database, list, item.id);
  const adapted = list.model && (await standAmongScored(context, list, list.model, item, request.first));
  const { score, ...standing } = adapted ?? (await standAmongPopular(database, list, item.id, request.first));
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

async function openConditioned(
  database: Database,
  { for: target, scenario, filter, exclude, includeSeen = false }: WhyNotRequest,
): Promise<RecommendationList> {
  if (exclude && exclude.length > mostExcluded) {
    throw new WarmstartError(
      'BAD_USER_INPUT',
      `exclude: expected at most ${mostExcluded} ids, got ${exclude.length}`,
      { field: ['exclude'] },
    );
  }
  const list = await openExplainedList(database, target, scenario);
  const checked = await checkItemFilter(database, filter ?? {});
  return { ...list, conditions: { filter: checked, exclude: exclude ?? [], includeSeen } };
}

/** In a list that a model scores; `undefined` when it has nothing to adapt to. */
async function standAmongScored(
  context: ExplanationContext,
  list: TaskList,
  { versionId, taskKind }: ListModel,
  { id, revision }: ExplainedItem,
  first: number,
): Promise<Standing | undefined> {
  return context.models.use(versionId, async (model) => {
    const task = await adaptTask(context, model, taskKind, list);
    if (!task) return undefined;
    const ranked = await rankCandidates(context, model, task, list);
    const place = ranked.findIndex(({ itemId }) => itemId === id);
    const item = await model.embeddings.embed({ ids: [id], revisions: [revision] });
    return {
      rank: place < 0 ? null : place + 1,
      score: ranked[place]?.score ?? (await scoreItem(model, task.adaptation, task.user, item)),
      lastShownScore: lastShown(ranked, first),
      listSize: ranked.length,
    };
  });
}

function lastShown(ranked: readonly ScoredItem[], first: number): number | null {
  return ranked[Math.min(first, ranked.length) - 1]?.score ?? null;
}

/** In a list of popular items, whose scores are their interactions. */
async function standAmongPopular(
  database: Database,
  list: TaskList,
  id: number,
  first: number,
): Promise<Standing> {
  const [row] = await database.$queryRaw<Standing[]>(sql`
    WITH ranked AS (
      SELECT items.id, coalesce(interactions, 0) AS score,
        row_number() OVER (ORDER BY coalesce(interactions, 0) DESC, items.id)::int AS rank
      FROM items LEFT JOIN item_popularity ON item_id = items.id WHERE ${openTo(list)}
    )
    SELECT (SELECT rank FROM ranked WHERE id = ${id}) AS rank,
      coalesce((SELECT interactions FROM item_popularity WHERE item_id = ${id}), 0) AS score,
      (SELECT score FROM ranked WHERE rank <= ${first} ORDER BY rank DESC LIMIT 1) AS "lastShownScore",
      (SELECT count(*)::int FROM ranked) AS "listSize"`);
  return row as Standing;
}
