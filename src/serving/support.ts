import type { Entity } from '../features/encode-features.ts';
import type { LiveCatalog } from '../live-catalog/live-catalog.ts';
import type { Embeddings, Recommender, SupportSet } from '../models/recommender.ts';
import type { Connections } from '../store/prepared.ts';
import type { ServedModel } from './served-models.ts';

/** A support set: known interactions, oldest first, followed by negatives. */
export interface Support {
  /** The item of each pair, by row of the catalog. */
  readonly rows: readonly number[];
  /** The user of each pair, 0 for a visitor. In a user's history all are the same. */
  readonly userIds: readonly number[];
  /** The users by ID. Empty for a user's own history; without users that have just been deleted. */
  readonly users: ReadonlyMap<number, Entity>;
  readonly labels: Float32Array;
  /** The type of each interaction, see `typeIndex`; only for models whose `support` is `feedback`. */
  readonly types?: Uint8Array;
  /** What each interaction says, see `opinionOf`; given with the types. */
  readonly opinions?: Float32Array;
  /** See `SupportSet`; given with the types. */
  readonly amounts?: Float32Array;
  /** See `agesOf`; given with the types if the times are known. */
  readonly ages?: Float32Array;
  /** The number of known interactions, which come first. */
  readonly known: number;
  /** For each known pair, the place of the negative drawn for it; `undefined` if it has none. */
  readonly negatives: readonly (number | undefined)[];
}

/** The properties of a model that determine its support sets. */
export interface SupportedModel {
  readonly versionId: number;
  readonly recommender: Pick<Recommender, 'support' | 'supportLimit'>;
}

/** What support sets are read with; a `ServingPlatform` has it. */
export interface SupportReader {
  readonly catalog: LiveCatalog;
  readonly connections: Connections;
}

/** Embeds the support set for a model; `users` has one row for each pair, or one row for all pairs. */
export async function embedSupport(
  { embeddings }: Pick<ServedModel, 'embeddings'>,
  { rows, labels, types, opinions, amounts, ages }: Support,
  users: Embeddings,
): Promise<SupportSet> {
  return {
    users,
    items: await embeddings.embed(rows),
    labels,
    ...(types && { types }),
    ...(opinions && { opinions }),
    ...(amounts && { amounts }),
    ...(ages && { ages }),
  };
}

/** Maximum number of support pairs of a model without its own limit. */
const maxSupportPairs = 2000;

/** Returns how many of the most recent interactions a support set contains. Negatives take as many places again. */
export function supportSize({ supportLimit, support }: SupportedModel['recommender']): number {
  const limit = Math.min(supportLimit, maxSupportPairs);
  return support === 'positivesAndNegatives' ? Math.floor(limit / 2) : limit;
}
