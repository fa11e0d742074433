import { listVector, readSupport } from './adapted-model.ts';
import { markAllowed } from './list-conditions.ts';
import type { RecommendationList } from './recommendation-list.ts';
import { type ScoredList, scoreList } from './score-list.ts';
import type { ServingSession } from './serving-session.ts';

/**
 * Returns the scores of the best items of a list from its place on, at least `limit` of them if there are so many;
 * `undefined` without a support set. If scores are inner products, the best of all items are found by their vectors.
 * Otherwise, and in a scenario, the candidates are scored one by one.
 */
export async function scoreBest(
  session: ServingSession,
  list: RecommendationList,
  limit: number,
): Promise<ScoredList | undefined> {
  const { model, scenario } = list;
  if (!model || scenario) return scoreList(session, list);
  const { catalog, models, observer, search } = session.platform;
  return models.use(model.versionId, async (served) => {
    const { recommender, vectors, embeddings } = served;
    const { retrieval } = recommender;
    if (!vectors || !retrieval) return scoreList(session, list);
    const support = await readSupport(session, served, model.taskKind, list);
    if (!support) return undefined;
    return session.compute(() =>
      observer.scoring(model.taskKind, async () => {
        const vector = (await listVector(session, served, retrieval, list)) as Float32Array;
        const index = await vectors.current();
        const allowed = markAllowed(catalog.items, list.conditions);
        const after = list.after && { score: list.after.score, id: list.after.itemId };
        const { rows, scores } = await index.best(search, embeddings, { vector, limit, allowed, after });
        return { candidates: { rows, ends: null }, scores, known: support.known, personalScale: null };
      }),
    );
  });
}
