import { encodeEntities } from '../features/entity.ts';
import type { Adaptation, Embeddings } from '../models/recommender.ts';
import type { Database, TaskKind } from '../store/database.ts';
import { adaptToScenario } from './adapt-to-scenario.ts';
import { adaptToUser } from './adapt-to-user.ts';
import { findCandidates } from './candidates.ts';
import type { RecommendationList } from './recommendation-list.ts';
import type { ServedModel } from './served-models.ts';

/** An item, by internal id, with its score in a list. */
export interface ScoredItem {
  readonly itemId: number;
  readonly score: number;
}

export interface ScoringContext {
  readonly database: Database;
  readonly model: ServedModel;
  readonly taskKind: TaskKind;
  /** Most items that are scored. */
  readonly mostCandidates: number;
}

/** The candidates of a list, scored for its user; `undefined` when there is nothing to adapt to. */
export async function scoreCandidates(
  context: ScoringContext,
  list: RecommendationList,
): Promise<ScoredItem[] | undefined> {
  const { database, model, taskKind, mostCandidates } = context;
  const { recommender, embeddings } = model;
  const user = await recommender.embedUsers(encodeEntities(recommender.schema, 'user', [list.user]));
  const adaptation = await adapt[taskKind](context, list, user);
  if (!adaptation) return undefined;
  const candidates = await findCandidates(database, list, mostCandidates);
  const scores = await recommender.score(adaptation, user, await embeddings.embed(candidates));
  return candidates.ids.map((itemId, index) => ({ itemId, score: scores[index] as number }));
}

type Adapt = (
  context: ScoringContext,
  list: RecommendationList,
  user: Embeddings,
) => Promise<Adaptation | undefined>;

const adapt: Record<TaskKind, Adapt> = {
  USER: async ({ database, model, mostCandidates }, list, user) =>
    adaptToUser(database, model, list, user, mostCandidates),
  SCENARIO: async ({ database, model }, { scenario }) =>
    scenario ? adaptToScenario(database, model, scenario) : undefined,
};

/** The best `limit` of a list, those after `after` in its order. */
export function best(
  scored: ScoredItem[],
  limit: number,
  after: ScoredItem | undefined,
): readonly ScoredItem[] {
  scored.sort(order);
  if (!after) return scored.slice(0, limit);
  const place = scored.findIndex(({ itemId }) => itemId === after.itemId);
  // An item that is no longer there is replaced by its place in the order.
  const rest = place >= 0 ? scored.slice(place + 1) : scored.filter((item) => order(after, item) < 0);
  return rest.slice(0, limit);
}

/** By score, the best first; equal scores by id, so that the order is total and a cursor has one place in it. */
function order(a: ScoredItem, b: ScoredItem): number {
  return b.score - a.score || a.itemId - b.itemId;
}
