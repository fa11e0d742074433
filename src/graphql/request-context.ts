import type { Logger } from 'pino';
import type { Authenticator } from '../access/authenticate.ts';
import { anonymous, type Principal } from '../access/principal.ts';
import type { Allowance } from '../access/rate-limits.ts';
import type { RatingScale } from '../catalog/interaction-value.ts';
import type { ExplanationService } from '../explanation/explanation-service.ts';
import type { InteractionWriter } from '../interactions/interaction-writer.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import type { RecommendationService } from '../serving/recommendation-service.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import type { TransactionalDatabase } from '../store/database.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import type { OperationTime } from './operation-time.ts';

/** The services that resolvers translate to. All requests share them. */
export interface Services {
  readonly database: TransactionalDatabase;
  /** Combines the writes of concurrent requests. */
  readonly interactions: InteractionWriter;
  readonly catalog: LiveCatalog;
  readonly recommendations: RecommendationService;
  readonly explanations: ExplanationService;
  readonly ratingScale: RatingScale;
  readonly authenticator: Authenticator;
}

/** The request that carries an operation. */
export interface OperationRequest {
  /** Writes the ID of the request into every line. */
  readonly logger: Logger;
  readonly allowance: Allowance;
  readonly time: OperationTime;
  /** Called once, with OK or the code of the first error. */
  readonly answered: (outcome: string) => void;
}

/** What a resolver gets besides its arguments. */
export interface RequestContext extends Services {
  readonly loaders: Loaders;
  /** What all lists of the request share, such as the active model versions. It begins at its first use. */
  readonly serving: ServingSession;
  readonly request: OperationRequest;
  /** Anonymous until `authenticationPlugin` has run, which is before any resolver runs. */
  principal: Principal;
}

/** Returns the context of one operation. */
export function createContext(services: Services, request: OperationRequest): RequestContext {
  const context = Object.create(beginsSession) as Writable<RequestContext> & BegunSession;
  Object.assign(context, services);
  context.loaders = createLoaders(services);
  context.request = request;
  context.principal = anonymous;
  context.session = undefined;
  return context;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

interface BegunSession {
  session: ServingSession | undefined;
}

/** The prototype of contexts. Many operations need no session. Apollo copies a context, but keeps its prototype. */
const beginsSession = {
  get serving(): ServingSession {
    const context = this as unknown as RequestContext & BegunSession;
    context.session ??= context.recommendations.session(context.request.time);
    return context.session;
  },
};
