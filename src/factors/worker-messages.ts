import type { ErrorCode } from '../common/errors.ts';
import type { AlsProgress, UserAndItemFactors } from './alternating-least-squares.ts';
import type { FactorisationOptions } from './factorisation-options.ts';
import type { Factors } from './factors.ts';
import type { FeatureMap, FeatureRows } from './feature-map.ts';
import type { Interactions } from './interactions.ts';

/** What a thread is started with. */
export interface WorkerRequest {
  readonly interactions: Interactions;
  readonly features: { readonly users?: FeatureRows; readonly items?: FeatureRows };
  readonly options: FactorisationOptions;
  readonly start?: Factors | undefined;
}

export interface Factorisation extends UserAndItemFactors {
  /** How newcomers are placed by their features; of those sides whose features were given. */
  readonly maps: { readonly users?: FeatureMap; readonly items?: FeatureMap };
}

/** What it answers: progress any number of times, and one of the others at the end. */
export type WorkerAnswer =
  | { readonly kind: 'progress'; readonly progress: AlsProgress }
  | { readonly kind: 'done'; readonly result: Factorisation }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };
