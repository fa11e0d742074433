export const negativeSamplings = ['none', 'query', 'both'] as const;
export type NegativeSampling = (typeof negativeSamplings)[number];

export interface EpisodeOptions {
  /** Maximum number of pairs in a support set. */
  readonly supportPairs: number;
  /** Maximum number of pairs in a query set. */
  readonly queryPairs: number;
  /** Maximum share of a task's pairs in the query set, so that a task with few pairs has a support set. */
  readonly queryShare: number;
  /** Tasks with fewer pairs give no episodes. */
  readonly minimumPairs: number;
  /** The share of episodes whose support set is cut short, like that of a new user or scenario. */
  readonly shortSupportShare: number;
  /** Maximum size of a support set that is cut short. Each size from 0 is equally likely. */
  readonly shortSupportPairs: number;
  /**
   * With `none`, the labels of the pairs are predicted. Otherwise pairs are positives with label 1, and each pair of
   * the query set (`query`) or of both sets (`both`) gets a negative with label 0: an item of the task that the same
   * user has not interacted with.
   */
  readonly negatives: NegativeSampling;
}

/**
 * Close to how the paper's authors sampled the users of MovieLens-1M, with larger query sets and short support sets.
 */
export const defaultEpisodes: EpisodeOptions = {
  supportPairs: 90,
  queryPairs: 30,
  queryShare: 0.5,
  minimumPairs: 13,
  shortSupportShare: 0.5,
  shortSupportPairs: 10,
  negatives: 'none',
};

/** The number of places for support pairs in a batch. Negatives, if there are any, take the second half. */
export function supportPlaces({ supportPairs, negatives }: EpisodeOptions): number {
  return negatives === 'both' ? 2 * supportPairs : supportPairs;
}

/** The number of places for query pairs in a batch. Pair k is at place k, its negative at place `queryPairs` + k. */
export function queryPlaces({ queryPairs, negatives }: EpisodeOptions): number {
  return negatives === 'none' ? queryPairs : 2 * queryPairs;
}
