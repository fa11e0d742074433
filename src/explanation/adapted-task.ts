import { encodeEntities } from '../features/entity.ts';
import type { Adaptation, Embeddings, SupportSet } from '../models/recommender.ts';
import { embedUsers, readScenarioSupports } from '../serving/adapt-to-scenario.ts';
import { readUserSupports } from '../serving/adapt-to-user.ts';
import { findCandidates } from '../serving/candidates.ts';
import type { RecommendationList } from '../serving/recommendation-list.ts';
import { best, type ScoredItem } from '../serving/score-candidates.ts';
import type { ServedModel } from '../serving/served-models.ts';
import { embedSupport, type Support } from '../serving/support.ts';
import type { TaskKind } from '../store/database.ts';
import type { ExplanationContext } from './explanation-context.ts';

/** Whose task a list is, and for whom it scores. */
export type TaskList = Pick<
  RecommendationList,
  'userId' | 'watermark' | 'scenarioId' | 'conditions' | 'user' | 'scenario'
>;

/** A model adapted to a task as it is when it serves, with all that it was made of. */
export interface AdaptedTask {
  readonly support: Support;
  readonly set: SupportSet;
  readonly adaptation: Adaptation;
  /** For whom items are scored. */
  readonly user: Embeddings;
}

/** `undefined` when there is nothing to adapt to. */
export async function adaptTask(
  context: ExplanationContext,
  model: ServedModel,
  taskKind: TaskKind,
  list: TaskList,
): Promise<AdaptedTask | undefined> {
  const { recommender } = model;
  const support = await readSupport[taskKind](context, model, list);
  if (!support) return undefined;
  const user = await recommender.embedUsers(encodeEntities(recommender.schema, 'user', [list.user]));
  const users = taskKind === 'USER' ? user : await embedUsers(context.database, model, support.userIds);
  const set = await embedSupport(model, support, users);
  return { support, set, adaptation: await recommender.adapt(set), user };
}

type ReadSupport = (
  context: ExplanationContext,
  model: ServedModel,
  list: TaskList,
) => Promise<Support | undefined>;

const readSupport: Record<TaskKind, ReadSupport> = {
  USER: async ({ database, mostCandidates }, model, list) =>
    (await readUserSupports(database, model, [list], mostCandidates))[0],
  SCENARIO: async ({ database }, model, { scenario }) =>
    scenario ? (await readScenarioSupports(database, model, [scenario]))[0] : undefined,
};

/** An item as it was scored. */
export interface RankedItem extends ScoredItem {
  readonly revision: number;
}

/** The items that a list scores, the best first. */
export async function rankCandidates(
  { database, mostCandidates }: ExplanationContext,
  { recommender, embeddings }: ServedModel,
  { adaptation, user }: AdaptedTask,
  list: TaskList,
): Promise<readonly RankedItem[]> {
  const candidates = await findCandidates(database, list, mostCandidates);
  const scores = await recommender.score(adaptation, user, await embeddings.embed(candidates));
  const revisionOf = new Map(candidates.ids.map((id, index) => [id, candidates.revisions[index] as number]));
  const scored = candidates.ids.map((itemId, index) => ({ itemId, score: scores[index] as number }));
  return best(scored, scored.length, undefined).map((item) => ({
    ...item,
    revision: revisionOf.get(item.itemId) as number,
  }));
}

/** The score of one item. */
export async function scoreItem(
  { recommender }: ServedModel,
  adaptation: Adaptation,
  user: Embeddings,
  item: Embeddings,
): Promise<number> {
  const [score] = await recommender.score(adaptation, user, item);
  return score as number;
}
