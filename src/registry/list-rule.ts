import { isWorse, type ListComparison } from '../evaluation/compare-lists.ts';
import { metricTitle } from '../evaluation/metrics.ts';
import type { Verdict } from './promotion-rule.ts';

/**
 * Adds what the lists of the new version say to a verdict. A version whose lists are worse than those of popularity or
 * of item-kNN (see `isWorse`) is not promoted, also if no other version is active and whatever it was trained for. Without comparisons, the verdict
 * stays the same.
 */
export function judgeLists(verdict: Verdict, comparisons: readonly ListComparison[], margin: number): Verdict {
  const lost = comparisons.filter((comparison) => isWorse(comparison, margin));
  if (verdict.promoted && lost.length > 0) {
    const rivals = [...new Set(lost.map(({ rival }) => rival))].join(' and ');
    const reasons = lost.map(describe).join(' ');
    return {
      ...verdict,
      promoted: false,
      reason: `This version makes worse lists than ${rivals}. ${reasons} ${onlyAdmins}`,
    };
  }
  const said = comparisons.filter(({ metric }) => metric === 'recall20').map(describe);
  return { ...verdict, reason: [verdict.reason, ...said].join(' ') };
}

const onlyAdmins =
  'Such a version never becomes active by itself, whatever it was trained for. An admin can promote it.';

function describe({ rival, metric, value, rivalValue, byShown }: ListComparison): string {
  const [first] = byShown;
  const from = first?.shown === 'all' ? 'all interactions' : `${first?.shown} or more interactions`;
  const worst = byShown.reduce((low, next) => (ratio(next) < ratio(low) ? next : low));
  const shown =
    worst.shown === 'all' ? 'all interactions' : worst.shown === 1 ? '1 interaction' : `${worst.shown} interactions`;
  const mean = `Its ${metricTitle(metric)}, averaged over lists with ${from} shown, is ${compared(value, rivalValue, rival)}.`;
  return `${mean} Its worst case beside ${rival} is with ${shown}: ${compared(worst.value, worst.rivalValue, rival)}.`;
}

/** Returns for example "0.171, 12% better than item-kNN's 0.152". */
function compared(value: number, rivalValue: number, rival: string): string {
  const other = `${rival}'s ${rivalValue.toFixed(3)}`;
  if (value === rivalValue || rivalValue === 0) return `${value.toFixed(3)}, beside ${other}`;
  const percent = Math.abs(value / rivalValue - 1) * 100;
  return `${value.toFixed(3)}, ${Number(percent.toFixed(1))}% ${value > rivalValue ? 'better' : 'worse'} than ${other}`;
}

function ratio({ value, rivalValue }: Pick<ListComparison, 'value' | 'rivalValue'>): number {
  return rivalValue === 0 ? Infinity : value / rivalValue;
}
