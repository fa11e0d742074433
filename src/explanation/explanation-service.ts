import pLimit from 'p-limit';
import { encodeEntities } from '../features/entity.ts';
import { selectEmbeddings } from '../models/embedding/select-embeddings.ts';
import { activeVersionId } from '../registry/model-registry.ts';
import { findCandidates } from '../serving/candidates.ts';
import type { ServedModel } from '../serving/served-models.ts';
import { TaskKind } from '../store/database.ts';
import { AverageTasks } from './average-tasks.ts';
import { type ContextMap, type ContextMapRequest, mapContexts } from './context-map.ts';
import {
  type ExplanationRequest,
  explainRecommendation,
  type RecommendationExplanation,
} from './explain-recommendation.ts';
import type { ExplanationContext } from './explanation-context.ts';
import { compareRoutes, type RouteComparison, type TaskName } from './route-comparison.ts';
import { newcomer } from './sample-tasks.ts';
import { type WhyNot, type WhyNotRequest, whyNot } from './why-not.ts';

/** Explanations under way at once: they compute on the event loop's thread, and lists come first. */
const explanationsAtOnce = 2;

/** Explains lists and the models that score them. What it throws is said by the function of each answer. */
export class ExplanationService {
  readonly #context: ExplanationContext;
  readonly #averages = new AverageTasks();
  readonly #limit = pLimit(explanationsAtOnce);

  constructor(context: ExplanationContext) {
    this.#context = context;
  }

  /** Compiles what active models explain with, which holds the event loop for some 50 ms each. */
  async warmUp(): Promise<void> {
    for (const taskKind of Object.values(TaskKind)) {
      const versionId = await activeVersionId(this.#context.database, taskKind);
      if (versionId !== null) await this.#context.models.use(versionId, (model) => this.#explainAny(model));
    }
  }

  explainRecommendation(request: ExplanationRequest): Promise<RecommendationExplanation> {
    return this.#limit(() => explainRecommendation(this.#context, this.#averages, request));
  }

  whyNot(request: WhyNotRequest): Promise<WhyNot> {
    return this.#limit(() => whyNot(this.#context, request));
  }

  compareRoutes(tasks: readonly TaskName[]): Promise<RouteComparison> {
    return this.#limit(() => compareRoutes(this.#context, tasks));
  }

  mapContexts(request: ContextMapRequest): Promise<ContextMap> {
    return this.#limit(() => mapContexts(this.#context, request));
  }

  /** The newest item, for somebody of whom nothing is known. */
  async #explainAny({ recommender, embeddings }: ServedModel): Promise<void> {
    const items = await embeddings.embed(await findCandidates(this.#context.database, nobody, 1));
    if (items.rows === 0) return;
    const user = await recommender.embedUsers(encodeEntities(recommender.schema, 'user', [newcomer]));
    const nothing = { users: user, items: selectEmbeddings(items, []), labels: new Float32Array() };
    await recommender.explain(await recommender.adapt(nothing), user, items);
  }
}

const nobody = { userId: 0, watermark: 0n, scenarioId: null };
