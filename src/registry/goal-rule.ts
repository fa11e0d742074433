import {
  commonMetric,
  decidePromotion,
  type Incumbent,
  type PromotionHistory,
  type Verdict,
} from './promotion-rule.ts';
import type { Metrics } from './version-evaluation.ts';

/** A new version and the active one, which may have been trained for different goals. */
export interface ComparedVersions {
  readonly metrics: Metrics;
  readonly incumbent: Incumbent | null;
  /** The means over the lists of both, see `meansOfLists`; `undefined` where none were measured. */
  readonly lists: { readonly own: Metrics | undefined; readonly active: Metrics | undefined };
}

/**
 * Decides by the promotion rule. If the two versions were trained for different goals and have no metric in common, it
 * compares the means over their lists, if both have lists.
 */
export function decideBetweenGoals(
  { metrics, incumbent, lists }: ComparedVersions,
  margin: number,
  history?: PromotionHistory,
): Verdict {
  const { own, active } = lists;
  if (!incumbent || !own || !active || !haveOtherGoals(metrics, incumbent)) {
    return decidePromotion(metrics, incumbent, margin, history);
  }
  const { versionId } = incumbent;
  const { reason, ...verdict } = decidePromotion(own, { versionId, metrics: active }, margin, history);
  const goals = `The active version ${versionId} was trained for a different goal, so the lists of both are compared.`;
  return { ...verdict, reason: `${goals} ${reason}` };
}

function haveOtherGoals(metrics: Metrics, incumbent: Incumbent): boolean {
  if (!incumbent.metrics) return incumbent.obstacle === 'otherGoal';
  return Object.keys(metrics).length > 0 && commonMetric(metrics, incumbent.metrics) === undefined;
}
