import { type AdaptedModel, adaptModel, readSupport } from './adapted-model.ts';
import { type Candidates, findCandidatesOfLists } from './candidates.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import { type ListModel, type RecommendationList, scopeOf } from './recommendation-list.ts';
import type { ServedModel } from './served-models.ts';
import type { ServingSession } from './serving-session.ts';

/** An item, by internal ID, with its score in a list. */
export interface ScoredItem {
  readonly itemId: number;
  readonly score: number;
}

/** The candidates of a list with their scores. */
export interface ScoredCandidates {
  readonly candidates: Candidates;
  readonly scores: Float32Array;
  /** The number of interactions that the model adapted to. */
  readonly known: number;
}

/**
 * Scores candidates for the recipient of a list; `undefined` without a support set, and then the candidates are not
 * read. Lists of one session that are requested together are read together and then scored one after the other.
 */
export async function scoreCandidates(
  session: ServingSession,
  list: RecommendationList,
  { versionId, taskKind }: ListModel,
  findCandidates: () => Promise<Candidates>,
): Promise<ScoredCandidates | undefined> {
  const { models, observer } = session.platform;
  return models.use(versionId, async (model) => {
    const support = await readSupport(session, model, taskKind, list);
    if (!support) return undefined;
    const candidates = await findCandidates();
    await session.preparedItems.load(versionId, [support, candidates], (all) => prepare(model, all));
    return session.compute(() =>
      observer.scoring(taskKind, async () => {
        const { adaptation, user } = (await adaptModel(session, model, taskKind, list)) as AdaptedModel;
        const items = await model.embeddings.embed(candidates);
        const scores = await model.recommender.score(adaptation, user, items, scopeOf(list));
        return { candidates, scores, known: support.known };
      }),
    );
  });
}

/** Returns the candidates of a list. Lists of one session that are requested together are read together. */
export function candidatesOf(
  { platform, candidates }: ServingSession,
  { conditions: { scenarioId, ...shared }, bounds, after }: RecommendationList,
): Promise<Candidates> {
  const search = { bounds, limit: platform.maxCandidates, laterPage: after !== undefined };
  return candidates.load([scenarioId === null, shared, search], scenarioId, (scenarioIds) =>
    findCandidatesOfLists(platform.database, scenarioIds, shared, search),
  );
}

async function prepare({ embeddings }: ServedModel, all: readonly (readonly ItemRevisions[])[]): Promise<true[]> {
  await embeddings.prepare(all.flat());
  return all.map(() => true);
}

/**
 * Returns the best `limit` items that come after `place` in the order of a list. Sorts only items that can be among
 * them, since a list has far fewer items than candidates.
 */
export function best<Item extends ScoredItem>(
  scored: readonly Item[],
  limit: number,
  place: ScoredItem | undefined,
): readonly Item[] {
  let kept: Item[] = [];
  let last: Item | undefined;
  for (const item of scored) {
    if (last && order(last, item) < 0) continue;
    if (place && (order(place, item) >= 0 || item.itemId === place.itemId)) continue;
    kept.push(item);
    if (kept.length < 2 * limit) continue;
    kept = kept.sort(order).slice(0, limit);
    last = kept.at(-1);
  }
  return kept.sort(order).slice(0, limit);
}

/**
 * Returns the end of the previous page with its current score, since a score can differ in its last bits next to other
 * candidates. If the item is gone or its score has really changed, returns the score that it had.
 */
export function placeOf(scored: readonly ScoredItem[], after: ScoredItem): ScoredItem {
  const current = scored.find(({ itemId }) => itemId === after.itemId);
  if (!current || Math.abs(current.score - after.score) > tolerance * Math.abs(after.score)) return after;
  return current;
}

/** Relative tolerance: some units in the last place of a float32. */
const tolerance = 1e-6;

/** Orders by score, best first. Equal scores are ordered by ID, so that a cursor has exactly one place. */
function order(a: ScoredItem, b: ScoredItem): number {
  return b.score - a.score || a.itemId - b.itemId;
}
