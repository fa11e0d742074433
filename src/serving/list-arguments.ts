import type { ItemFilter } from '../catalog/item-filter.ts';
import type { RecommendationTarget } from './recipient.ts';

/** What a list leaves out, as a client says it. */
export interface ListChoice {
  readonly filter?: ItemFilter | null | undefined;
  /** The client's ids. */
  readonly exclude?: readonly string[] | null | undefined;
  readonly includeSeen?: boolean | undefined;
}

/** Which list it is, as a client says it. */
export interface ListArguments extends ListChoice {
  readonly for: RecommendationTarget;
  /** The client's id of the scenario from whose items are recommended; from all items without. */
  readonly scenario?: string | null | undefined;
}
