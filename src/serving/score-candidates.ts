import { type AdaptedModel, adaptModel, readSupport } from './adapted-model.ts';
import { type Candidates, findCandidatesOfLists } from './candidates.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { ListModel, RecommendationList } from './recommendation-list.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';

/** An item, by internal id, with its score in a list. */
export interface ScoredItem {
  readonly itemId: number;
  readonly score: number;
}

/** The candidates of a list, each with its score. */
export interface ScoredCandidates {
  readonly candidates: Candidates;
  readonly scores: Float32Array;
}

/**
 * The candidates of a list, scored for its recipient; `undefined` when there is nothing to adapt to. All that lists of one
 * session which are asked for together need is read together, and then one after the other is scored.
 */
export async function scoreCandidates(
  session: ServingSession,
  list: RecommendationList,
  { versionId, taskKind }: ListModel,
): Promise<ScoredCandidates | undefined> {
  const { models, observer } = session.platform;
  return models.use(versionId, async (model) => {
    const support = await readSupport(session, model, taskKind, list);
    if (!support) return undefined;
    const candidates = await candidatesOf(session, list);
    await session.preparedItems.load(versionId, [support, candidates], (all) => prepare(model, all));
    return session.compute(() =>
      observer.scoring(taskKind, async () => {
        const { adaptation, user } = (await adaptModel(session, model, taskKind, list)) as AdaptedModel;
        const items = await model.embeddings.embed(candidates);
        return { candidates, scores: await model.recommender.score(adaptation, user, items) };
      }),
    );
  });
}

function candidatesOf(
  { platform, candidates }: ServingSession,
  { conditions: { scenarioId, ...shared }, bounds, after }: RecommendationList,
): Promise<Candidates> {
  const search = { bounds, limit: platform.maxCandidates, again: after !== undefined };
  return candidates.load([scenarioId === null, shared, search], scenarioId, (scenarioIds) =>
    findCandidatesOfLists(platform.database, scenarioIds, shared, search),
  );
}

async function prepare(
  { embeddings }: ServedModel,
  all: readonly (readonly ItemRevisions[])[],
): Promise<true[]> {
  await embeddings.prepare(all.flat());
  return all.map(() => true);
}

/** The best `limit` of a list, those after `place` in its order. */
export function best<Item extends ScoredItem>(
  scored: readonly Item[],
  limit: number,
  place: ScoredItem | undefined,
): readonly Item[] {
  const rest = place
    ? scored.filter((item) => order(place, item) < 0 && item.itemId !== place.itemId)
    : [...scored];
  return rest.sort(order).slice(0, limit);
}

/**
 * Where a page ended, in the scores of now: next to other candidates a score may differ in its last bits. An item that is gone,
 * or has become another one since, is replaced by the place that it had.
 */
export function placeOf(scored: readonly ScoredItem[], after: ScoredItem): ScoredItem {
  const shown = scored.find(({ itemId }) => itemId === after.itemId);
  if (!shown || Math.abs(shown.score - after.score) > rounding * Math.abs(after.score)) return after;
  return shown;
}

/** Relative: some units in the last place of a float32. */
const rounding = 1e-6;

/** By score, the best first; equal scores by id, so that the order is total and a cursor has one place in it. */
function order(a: ScoredItem, b: ScoredItem): number {
  return b.score - a.score || a.itemId - b.itemId;
}
