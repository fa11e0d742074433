import type { RatingScale } from '../config.ts';
import type { RecommendationService } from '../serving/recommendation-service.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import type { Loaders } from './loaders.ts';

/** The services that resolvers translate to; the same for every request. */
export interface Services {
  readonly database: TransactionalDatabase;
  readonly recommendations: RecommendationService;
  readonly ratingScale: RatingScale;
}

/** What a resolver gets besides its arguments. */
export interface RequestContext extends Services {
  readonly loaders: Loaders;
}
