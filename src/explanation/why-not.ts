import type { ItemTable } from '../live-catalog/item-table.ts';
import { type AdaptedModel, adaptModel } from '../serving/adapted-model.ts';
import {
  type ListArguments,
  type ListConditions,
  markAllowed,
  type Obstacle,
  obstaclesOf,
} from '../serving/list-conditions.ts';
import {
  type ListModel,
  openList,
  popularInstead,
  type RecommendationList,
  scopeOf,
} from '../serving/recommendation-list.ts';
import { scoreBest } from '../serving/retrieve.ts';
import type { ScoredList } from '../serving/score-list.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import { type ScoredRow, topRows } from '../serving/top-rows.ts';
import { findExplainedItem, scoreItem } from './explained-item.ts';
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
  const { items } = session.platform.catalog;
  const list = await openList(session, request);
  const row = findExplainedItem(session, request.item);
  const adapted = list.model && (await standAmongScored(session, list, list.model, row, request.first));
  const { conditions } = adapted ? list : popularInstead(session, list);
  const filteredBy = obstaclesOf(items, conditions, row);
  const { score, ...standing } = adapted ?? standAmongPopular(items, conditions, row, request.first);
  const outcome = outcomeOf(filteredBy, standing.rank, request.first);
  const { lastShownScore } = standing;
  const misses = outcome === 'OUTRANKED' || outcome === 'NOT_RETRIEVED';
  return {
    ...standing,
    itemId: items.ids[row] as number,
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
  row: number,
  first: number,
): Promise<Standing | undefined> {
  return session.platform.models.use(listModel.versionId, async (model) => {
    const scored = await scoreBest(session, list, session.platform.maxCandidates);
    const adapted = await adaptModel(session, model, listModel.taskKind, list);
    if (!scored || !adapted) return undefined;
    session.check();
    const ranked = rankCandidates(session.platform.catalog.items, scored);
    const place = ranked.findIndex((item) => item.row === row);
    return {
      rank: place < 0 ? null : place + 1,
      score: ranked[place]?.score ?? (await scoreOutside(session, list, scored, adapted, row)),
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
  row: number,
): Promise<number> {
  const item = await model.embeddings.embed([row]);
  const personal = await personalPart(session, list, scored, row);
  return (await scoreItem(model, adaptation, { user, item, scope: scopeOf(list) })) + (personal?.score ?? 0);
}

function lastShown(ranked: readonly ScoredRow[], first: number): number | null {
  return ranked[Math.min(first, ranked.length) - 1]?.score ?? null;
}

/** Ranks the item in a list of popular items, whose scores are their numbers of positive interactions. */
function standAmongPopular(items: ItemTable, conditions: ListConditions, row: number, first: number): Standing {
  const marks = markAllowed(items, conditions);
  const { before, listSize } = countPopular(items, marks, row);
  return {
    rank: marks[row] === 1 ? before + 1 : null,
    score: items.positives[row] as number,
    lastShownScore: topRows(items.positives, items.ids, { marks, limit: first }).at(-1)?.score ?? null,
    listSize,
  };
}

/** Counts the marked items, and those that come before a row by popularity. Sorting a large catalog would take long. */
function countPopular({ positives, ids }: ItemTable, marks: Uint8Array, row: number) {
  const [score, id] = [positives[row] as number, ids[row] as number];
  let [before, listSize] = [0, 0];
  for (let other = 0; other < marks.length; other++) {
    if (marks[other] === 0) continue;
    listSize++;
    const own = positives[other] as number;
    if (own > score || (own === score && (ids[other] as number) < id)) before++;
  }
  return { before, listSize };
}
