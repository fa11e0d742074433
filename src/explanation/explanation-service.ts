import pLimit from 'p-limit';
import { AverageTasks } from './average-tasks.ts';
import { type ContextMap, type ContextMapRequest, mapContexts } from './context-map.ts';
import {
  type ExplanationRequest,
  explainRecommendation,
  type RecommendationExplanation,
} from './explain-recommendation.ts';
import type { ExplanationContext } from './explanation-context.ts';
import { compareRoutes, type RouteComparison, type TaskName } from './route-comparison.ts';
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
}
