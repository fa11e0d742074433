import type { RatingScale } from '../catalog/interaction-value.ts';
import type { Entity } from '../features/encode-features.ts';
import type { Embeddings, Recommender, SupportSet } from '../models/recommender.ts';
import type { Database } from '../store/database.ts';
import type { ItemRevisions } from './item-embeddings.ts';
import type { ServedModel } from './served-models.ts';

/** A support set by internal IDs: known interactions, oldest first, followed by negatives. */
export interface Support extends ItemRevisions {
  /** The user of each pair, 0 for a visitor. In a user's history all are the same. */
  readonly userIds: readonly number[];
  /** The users by ID. Empty for a user's own history; without users that have just been deleted. */
  readonly users: ReadonlyMap<number, Entity>;
  readonly labels: Float32Array;
  /** The type of each interaction, see `typeIndex`; only for models whose `support` is `feedback`. */
  readonly types?: Uint8Array;
  /** The number of known interactions, which come first. */
  readonly known: number;
  /** For each known pair, the row of the negative drawn for it; `undefined` if it has none. */
  readonly negatives: readonly (number | undefined)[];
}

/** The properties of a model that determine its support sets. */
export type SupportedModel = Pick<ServedModel, 'recommender' | 'versionId'>;

/** What support sets are read with; a `ServingPlatform` has it. */
export interface SupportReader {
  readonly database: Database;
  readonly ratingScale: RatingScale;
}

/** Embeds the support set for a model; `users` has one row for each pair, or one row for all pairs. */
export async function embedSupport(
  { embeddings }: Pick<ServedModel, 'embeddings'>,
  support: Support,
  users: Embeddings,
): Promise<SupportSet> {
  const { labels, types } = support;
  return { users, items: await embeddings.embed(support), labels, ...(types && { types }) };
}

/** Maximum number of support pairs of a model without its own limit. */
const maxSupportPairs = 2000;

/** Returns how many of the most recent interactions a support set contains. Negatives take as many places again. */
export function supportSize({ supportLimit, support }: Recommender): number {
  const limit = Math.min(supportLimit, maxSupportPairs);
  return support === 'positivesAndNegatives' ? Math.floor(limit / 2) : limit;
}
