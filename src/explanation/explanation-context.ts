import type { ServedModels } from '../serving/served-models.ts';
import type { Database } from '../store/database.ts';

/** What every explanation is made with. */
export interface ExplanationContext {
  readonly database: Database;
  /** Those that serve, so that what is explained is what is served. */
  readonly models: ServedModels;
  /** Most items that a list scores, as of the recommendations. */
  readonly mostCandidates: number;
}
