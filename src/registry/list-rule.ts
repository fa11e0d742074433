import { type ComparedShown, isWorse, type ListComparison } from '../evaluation/compare-lists.ts';
import { metricTitle } from '../evaluation/metrics.ts';
import { comparedTo } from './compared-to.ts';
import type { Verdict } from './promotion-rule.ts';

/**
 * Adds what the lists of the new version say to a verdict. A version whose lists are worse than those of popularity or
 * of item-kNN (see `isWorse`) is not promoted, whatever it was trained for, even if no other version is active. Without
 * comparisons, the verdict stays the same.
 */
export function judgeLists(verdict: Verdict, comparisons: readonly ListComparison[]): Verdict {
  const lost = comparisons.filter(isWorse);
  if (verdict.promoted && lost.length > 0) {
    const rivals = [...new Set(lost.map(({ rival }) => rival))].join(' and ');
    const reasons = lost.map(describe).join(' ');
    return {
      ...verdict,
      promoted: false,
      reason: `This version makes worse lists than ${rivals}. ${reasons} ${onlyAdmins}${adviceFor(lost, comparisons)}`,
    };
  }
  const said = comparisons.filter(({ metric }) => metric === 'recall20').map(describe);
  return { ...verdict, reason: [verdict.reason, ...said].join(' ') };
}

const popularity = 'popularity';

const onlyAdmins =
  'Such a version never becomes active by itself, whatever it was trained for. An admin can promote it.';

/** With few held-out users, chance decides between models that are about equal. Popular items are far worse than both. */
function adviceFor(lost: readonly ListComparison[], comparisons: readonly ListComparison[]): string {
  const isBetterThanPopularity =
    comparisons.some(({ rival }) => rival === popularity) && lost.every(({ rival }) => rival !== popularity);
  if (!isBetterThanPopularity) return '';
  return ' While no version is active, users get popular items, and its lists are at least as good as those. Train the kind itemKnn, or promote it.';
}

/** Says how good the lists are on average, and with which numbers of interactions shown they are worse. */
function describe({ rival, metric, value, rivalValue, byShown }: ListComparison): string {
  const own = `Its ${metricTitle(metric)}${describeMean(byShown)} is ${value.toFixed(3)}`;
  const mean = `${own}, ${comparedTo(rivalValue, value)} ${rival}'s ${rivalValue.toFixed(3)}.`;
  // The mean over one number says everything.
  if (byShown.length === 1) return mean;
  const below = byShown.filter((each) => each.value < each.rivalValue).map(describeShown);
  return below.length === 0 ? mean : `${mean} It is worse with ${below.join(', ')} shown.`;
}

/** Returns over which lists a mean is taken, for example ", averaged over lists with 3 or more interactions shown,". */
function describeMean(byShown: readonly ComparedShown[]): string {
  const from = byShown[0]?.shown;
  if (from === 'all') return ' with all interactions shown';
  return `, averaged over lists with ${from === 0 ? 'any number shown' : `${from} or more interactions shown`},`;
}

/** Returns for example "5 (0.114, 5% worse than 0.120)". */
function describeShown({ shown, value, rivalValue }: ComparedShown): string {
  return `${shown} (${value.toFixed(3)}, ${comparedTo(rivalValue, value)} ${rivalValue.toFixed(3)})`;
}
