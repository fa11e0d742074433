import pLimit from 'p-limit';
import { selectEmbeddings } from '../models/recommender.ts';
import type { ServedModel } from '../serving/served-models.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import { type ContextMap, type ContextMapRequest, mapContexts } from './context-map.ts';
import {
  type ExplanationRequest,
  explainRecommendation,
  type RecommendationExplanation,
} from './explain-recommendation.ts';
import { compareRoutes, type RouteComparison, type TaskName } from './route-comparison.ts';
import { AverageTasks } from './sample-tasks.ts';
import { type WhyNot, type WhyNotRequest, whyNot } from './why-not.ts';

/** Limits concurrent explanations: they compute on the event loop's thread, and lists have priority. */
const maxConcurrentExplanations = 2;

/**
 * Explains lists and the models that score them. Each explanation uses the session of its request, so that it agrees
 * with the request's lists. The functions behind the methods document their errors.
 */
export class ExplanationService {
  readonly #averages = new AverageTasks();
  readonly #limit = pLimit(maxConcurrentExplanations);

  /** Compiles the explanation functions of the active models, so that the first explanation does not have to wait. */
  async warmUp(session: ServingSession): Promise<void> {
    for (const versionId of Object.values((await session.moment()).activeVersions)) {
      if (versionId !== null) {
        // Lists need no explanations. If the version cannot explain, the first explanation says so.
        await session.platform.models.use(versionId, (model) => explainAny(session, model)).catch(() => {});
      }
    }
  }

  explainRecommendation(session: ServingSession, request: ExplanationRequest): Promise<RecommendationExplanation> {
    return this.#run(session, () => explainRecommendation(session, this.#averages, request));
  }

  whyNot(session: ServingSession, request: WhyNotRequest): Promise<WhyNot> {
    return this.#run(session, () => whyNot(session, request));
  }

  compareRoutes(session: ServingSession, tasks: readonly TaskName[]): Promise<RouteComparison> {
    return this.#run(session, () => compareRoutes(session, tasks));
  }

  mapContexts(session: ServingSession, request: ContextMapRequest): Promise<ContextMap> {
    return this.#run(session, () => mapContexts(session, request));
  }

  /** Runs an explanation when its turn comes, unless the time of its request is over by then. */
  #run<T>(session: ServingSession, explain: () => Promise<T>): Promise<T> {
    return this.#limit(() => {
      session.check();
      return explain();
    });
  }
}

/** Explains the last item of the catalog for a visitor without history. */
async function explainAny(session: ServingSession, model: ServedModel): Promise<void> {
  const { rows } = session.platform.catalog.items;
  const items = await model.embeddings.embed(rows === 0 ? [] : [rows - 1]);
  if (items.rows === 0) return;
  const user = await model.users.of({ id: '', features: {} });
  const nothing = { users: user, items: selectEmbeddings(items, []), labels: new Float32Array() };
  const adaptation = await model.recommender.adapt(nothing);
  for (const scope of ['catalog', 'pool'] as const) await model.recommender.explain(adaptation, user, items, scope);
}
