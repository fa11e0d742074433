import type { Interactions } from '../tasks/training-data.ts';

/** A held-out task in which users are recommended items: what is known of it, and what should be found. */
export interface RankingTask {
  /** Positive pairs that adapt a model to the task, in the order in which it may see them. */
  readonly support: Interactions;
  /** Rows of the items that are ranked for each user, ascending. */
  readonly candidates: Int32Array;
  readonly queries: readonly RankingQuery[];
}

export interface RankingQuery {
  /** Row of the user. */
  readonly user: number;
  /** Places, among the candidates, of those with which the user did interact; at least one. */
  readonly relevant: Int32Array;
}
