import type { Principal } from '../access/principal.ts';
import type { RatingScale } from '../config.ts';
import type { ExplanationService } from '../explanation/explanation-service.ts';
import type { RequestScope } from '../http/request-scope.ts';
import type { RecommendationService } from '../serving/recommendation-service.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import type { Loaders } from './loaders.ts';

/** The services that resolvers translate to; the same for every request. */
export interface Services {
  readonly database: TransactionalDatabase;
  readonly recommendations: RecommendationService;
  readonly explanations: ExplanationService;
  readonly ratingScale: RatingScale;
}

/** What a resolver gets besides its arguments. */
export interface RequestContext extends Services {
  readonly loaders: Loaders;
  /** What all lists of the request share, the active model versions among it. */
  readonly serving: ServingSession;
  readonly request: RequestScope;
  /** Nobody until `authenticationPlugin` has looked, which is before any resolver runs. */
  principal: Principal;
}
