import { type AdaptedModel, adaptModel, readSupport } from './adapted-model.ts';
import { type Candidates, chooseCandidates } from './candidates.ts';
import { markAllowed } from './list-conditions.ts';
import { type ListModel, type RecommendationList, scopeOf } from './recommendation-list.ts';
import type { ServingSession } from './serving-session.ts';

/** The candidates of a list with the scores that order it. */
export interface ScoredList {
  readonly candidates: Candidates;
  readonly scores: Float32Array;
  /** The number of interactions that the list's model adapted to. */
  readonly known: number;
  /** What the scores of the personal model are multiplied by; `null` if they are not part of the list. */
  readonly personalScale: number | null;
}

/**
 * Scores the candidates of a list by its model; `undefined` without a support set. In a scenario, the model of the list
 * knows what suits the scenario, and the personal model knows what suits the recipient: a score is the scenario model's
 * plus `personalScale` times the personal model's. The scale is chosen when the list begins, so that all pages have one
 * order.
 */
export async function scoreList(session: ServingSession, list: RecommendationList): Promise<ScoredList | undefined> {
  const { model, personal } = list;
  if (!model) return undefined;
  const candidates = await candidatesOf(session, list);
  const [scored, own] = await Promise.all([
    scoreCandidates(session, list, model, candidates),
    personal ? scoreCandidates(session, list, personal, candidates) : undefined,
  ]);
  if (!scored) return undefined;
  if (!own) return { ...scored, candidates, personalScale: null };
  const scale = personal?.scale ?? personalScale(scored.scores, own.scores);
  return { ...scored, candidates, scores: sumOf(scored.scores, own.scores, scale), personalScale: scale };
}

/** Returns the items that the model of a list scores. */
export function candidatesOf(
  { platform }: ServingSession,
  { conditions, ends }: RecommendationList,
): Promise<Candidates> {
  const { catalog, maxCandidates: max, freshShare } = platform;
  return chooseCandidates(catalog.items, markAllowed(catalog.items, conditions), { max, freshShare }, ends);
}

/** Scores items for the recipient of a list; `undefined` without a support set. */
async function scoreCandidates(
  session: ServingSession,
  list: RecommendationList,
  { versionId, taskKind }: ListModel,
  { rows }: Candidates,
): Promise<Pick<ScoredList, 'scores' | 'known'> | undefined> {
  const { models, observer } = session.platform;
  return models.use(versionId, async (model) => {
    const support = await readSupport(session, model, taskKind, list);
    if (!support) return undefined;
    const items = await model.embeddings.embed(rows);
    return session.compute(() =>
      observer.scoring(taskKind, async () => {
        const { adaptation, user } = (await adaptModel(session, model, taskKind, list)) as AdaptedModel;
        const scores = await model.recommender.score(adaptation, user, items, scopeOf(list));
        if (rows.length > 0 && !scores.some(Number.isFinite)) throw new Error('the model scored no item');
        return { scores, known: support.known };
      }),
    );
  });
}

/**
 * How much more the personal model's order counts than the scenario model's, in standard deviations of their scores.
 */
const personalWeight = 2.5;

/**
 * Returns what personal scores are multiplied by, so that their standard deviation over the candidates is
 * `personalWeight` times that of the scenario's scores. If either is 0, the result is 0 or 1: one of them decides the
 * order alone.
 */
export function personalScale(scenario: Float32Array, personal: Float32Array): number {
  const [whole, own] = [deviation(scenario), deviation(personal)];
  if (own === 0) return 0;
  return whole === 0 ? 1 : (personalWeight * whole) / own;
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 0;
}

/** Returns the scores of a scenario's list from those of its two models. */
export function sumOf(scenario: Float32Array, personal: Float32Array, scale: number): Float32Array {
  return scenario.map((score, index) => score + scale * (personal[index] as number));
}
