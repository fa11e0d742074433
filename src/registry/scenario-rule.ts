import { metricTitle } from '../evaluation/metrics.ts';
import { comparedTo } from './compared-to.ts';
import type { Verdict } from './promotion-rule.ts';
import type { ComparedMetrics } from './version-evaluation.ts';

/** With fewer held-out scenarios, chance decides which model is better. */
const fewestScenarios = 3;
/** The metric by which the promotion rule compares scenario models. */
const metric = 'recall10';

/**
 * Adds to a verdict how a scenario model compares to popularity on the same held-out scenarios. A version that is worse
 * on at least 3 of them is not promoted, even if no other version is active. If one of the two was not measured, the
 * verdict stays the same.
 */
export function judgeScenarios(
  verdict: Verdict,
  { value: metrics, popularity }: Pick<ComparedMetrics, 'value' | 'popularity'>,
): Verdict {
  const { [metric]: value, tasks = 0 } = metrics;
  const { [metric]: popular } = popularity;
  if (value === undefined || popular === undefined) return verdict;
  const scenarios = `${tasks} held-out ${tasks === 1 ? 'scenario' : 'scenarios'}`;
  const compared = `Its ${metricTitle(metric)} on ${scenarios} is ${value.toFixed(3)}, ${comparedTo(popular, value)} popularity's ${popular.toFixed(3)}.`;
  if (!verdict.promoted || tasks < fewestScenarios || value >= popular) {
    return { ...verdict, reason: `${verdict.reason} ${compared}` };
  }
  return {
    ...verdict,
    promoted: false,
    reason: `This version is worse than popularity. ${compared} Such a version never becomes active by itself. An admin can promote it.`,
  };
}
