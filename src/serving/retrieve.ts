import type { Embeddings } from '../models/recommender.ts';
import { exactProduct, lengthOf } from '../retrieval/exact-product.ts';
import { listVector, readSupport } from './adapted-model.ts';
import type { ItemVectors } from './item-vectors.ts';
import { markAllowed } from './list-conditions.ts';
import type { RecommendationList } from './recommendation-list.ts';
import { type ScoredList, scoreList } from './score-list.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';
import { comesAfter } from './top-rows.ts';

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
  const { models, observer } = session.platform;
  return models.use(model.versionId, async (served) => {
    const { vectors } = served;
    if (!vectors) return scoreList(session, list);
    const support = await readSupport(session, served, model.taskKind, list);
    if (!support) return undefined;
    return session.compute(() =>
      observer.scoring(model.taskKind, async () => {
        const vector = (await listVector(session, served, vectors.retrieval, list)) as Float32Array;
        const found = await findBest(session, list, served, { vector, vectors, limit });
        return { ...found, known: support.known, personalScale: null };
      }),
    );
  });
}

interface Search {
  /** That of the list. */
  readonly vector: Float32Array;
  readonly vectors: ItemVectors;
  readonly limit: number;
}

/** How many more items than wanted are looked for at first. */
const spare = 32;
/** Products of large tables differ from scores by at most this share of the product of the vectors' lengths. */
const rounding = 1e-4;

/** If so many items have nearly the same score, their order is that of the rounded products. */
const maxRescored = 1024;

/**
 * Finds the best items by their vectors. The products of a large table are rounded: their items are scored exactly,
 * until no other item can be among the best. Once is usually enough.
 */
async function findBest(
  { platform }: ServingSession,
  { conditions, after }: RecommendationList,
  { embeddings }: ServedModel,
  { vector, vectors, limit }: Search,
): Promise<Pick<ScoredList, 'candidates' | 'scores'>> {
  const table = await vectors.current();
  const { items } = platform.catalog;
  const allowed = markAllowed(items, conditions);
  const error = rounding * vectors.longest * lengthOf(vector);
  // Items that come after the place by their scores are after this place by their products.
  const place = after && { score: after.score + error, id: 0 };
  for (let count = limit + spare; ; count *= 4) {
    const { isExact } = table;
    const found = await platform.search.topK(table, { vector, count, allowed, after: place });
    const { rows } = found;
    const scores = isExact
      ? new Float32Array(found.scores)
      : scoresOf(vector, await vectors.retrieval.itemVectors(await embeddings.embed(rows)));
    const best = after
      ? scores.filter((score, at) => isAfter(after, score, items.ids[rows[at] as number] as number))
      : scores;
    const last = best.toSorted().at(-limit);
    const lowest = found.scores.at(-1);
    const isWhole = last !== undefined && lowest !== undefined && lowest + error <= last;
    if (rows.length < count || isWhole || count >= limit + maxRescored)
      return { candidates: { rows, ends: null }, scores };
  }
}

/** Returns the exact products of a task's vector and of items' vectors. */
function scoresOf(vector: Float32Array, { rows, width, data }: Embeddings): Float32Array {
  const task = new Float64Array(vector);
  return Float32Array.from({ length: rows }, (_, row) => exactProduct(task, data, row * width));
}

function isAfter(after: NonNullable<RecommendationList['after']>, score: number, id: number): boolean {
  return comesAfter({ score: after.score, id: after.itemId }, score, id);
}
