import type { RatingScale } from '../config.ts';
import type { ExplanationService } from '../explanation/explanation-service.ts';
import type { RecommendationService } from '../serving/recommendation-service.ts';
import type { Database } from '../store/database.ts';
import type { Loaders } from './loaders.ts';

/** The services that resolvers translate to; the same for every request. */
export interface Services {
  readonly database: Database;
  readonly recommendations: RecommendationService;
  readonly explanations: ExplanationService;
  readonly ratingScale: RatingScale;
}

/** What a resolver gets besides its arguments. */
export interface RequestContext extends Services {
  readonly loaders: Loaders;
}
