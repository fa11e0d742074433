export const negativeSamplings = ['none', 'query', 'both'] as const;
export type NegativeSampling = (typeof negativeSamplings)[number];

export interface EpisodeOptions {
  /** Most pairs of a support set. */
  readonly supportPairs: number;
  /** Most pairs that are predicted. */
  readonly queryPairs: number;
  /** Of a task with few pairs at most this share is predicted, so that a support set is left. */
  readonly queryShare: number;
  /** Tasks with fewer pairs make no episodes. */
  readonly minimumPairs: number;
  /** The share of episodes whose support set is cut short, as it is for a user or a scenario that has just come. */
  readonly shortSupportShare: number;
  /** The support set of such an episode has from 0 to this many pairs, each size equally often. */
  readonly shortSupportPairs: number;
  /**
   * `none`: pairs have labels, which are predicted. Otherwise pairs are positives, and each has a negative beside it, an
   * item of the task with which the same user has not interacted: those of the query set alone, or of `both` sets. Labels
   * are then 1 and 0.
   */
  readonly negatives: NegativeSampling;
}

/** Near how the paper's authors sampled the users of MovieLens-1M, with more pairs predicted and short support sets. */
export const defaultEpisodes: EpisodeOptions = {
  supportPairs: 90,
  queryPairs: 30,
  queryShare: 0.5,
  minimumPairs: 13,
  shortSupportShare: 0.5,
  shortSupportPairs: 10,
  negatives: 'none',
};

/** Places for support pairs in a batch. Where there are negatives they follow, from the middle on. */
export function supportPlaces({ supportPairs, negatives }: EpisodeOptions): number {
  return negatives === 'both' ? 2 * supportPairs : supportPairs;
}

/** Places for query pairs in a batch; pair k and its negative are in the places k and `queryPairs` + k. */
export function queryPlaces({ queryPairs, negatives }: EpisodeOptions): number {
  return negatives === 'none' ? queryPairs : 2 * queryPairs;
}
