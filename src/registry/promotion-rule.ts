import { isHigherBetter, type MetricName } from '../evaluation/metrics.ts';
import { areOfLists, type Metrics } from './version-evaluation.ts';

/** How much worse a new version can be and still be promoted, as a share of the value compared with. */
export const defaultPromotionMargin = 0.01;

/** Why the active version has no metrics to compare with. */
export type Obstacle = 'unusable' | 'unmeasured' | 'otherGoal' | 'otherTasks' | 'promotedMeanwhile';

/** The active version that a new one would replace: its metrics on held-out tasks, or why there are none. */
export type Incumbent =
  | { readonly versionId: number; readonly metrics: Metrics }
  | { readonly versionId: number; readonly metrics?: undefined; readonly obstacle: Obstacle };

export interface MeasuredVersion {
  readonly versionId: number;
  readonly metrics: Metrics;
}

/** An earlier version's metrics beside the active version's, both on the same tasks of that time. */
export interface PastComparison {
  /** How the reason of a verdict names the version. */
  readonly version: string;
  readonly metrics: Metrics;
  /** The active version's metrics on those tasks; empty if no version is active. */
  readonly active: Metrics;
  /** Whether a new version must be better; otherwise it can be worse by the margin. */
  readonly strictly: boolean;
}

/** What counts besides the active version's current metrics; see `promotionHistory`. */
export interface PromotionHistory {
  readonly compared: readonly PastComparison[];
  /**
   * The version that was rolled back to, `null` for no version; absent if the last manual choice was not a rollback.
   */
  readonly rolledBackTo?: number | null;
}

/** Whether a version is promoted, and what was compared; `null` if there was nothing to compare. */
export interface Verdict {
  readonly promoted: boolean;
  readonly reason: string;
  readonly metric: MetricName | null;
  readonly value: number | null;
  readonly activeValue: number | null;
  readonly margin: number | null;
}

/**
 * The metrics that are compared; the first that both versions have decides. They measure the error of predicted
 * ratings, retrieval among all items, and the order of a few items.
 */
const comparedMetrics = ['mae', 'recall10', 'ndcg3'] as const satisfies readonly MetricName[];
/** The metric that is compared if lists were measured: the mean over the numbers of shown interactions. */
const comparedOfLists = ['recall20'] as const satisfies readonly MetricName[];

/** Returns the metrics to compare. The recall of other measurements than lists is another one. */
function metricsToCompare(metrics: Metrics): readonly MetricName[] {
  return areOfLists(metrics) ? comparedOfLists : comparedMetrics;
}

const adminMustDecide = 'An admin must decide which one is active.';

const obstacles: Record<Obstacle, (version: string) => Pick<Verdict, 'promoted' | 'reason'>> = {
  unusable: (version) => ({ promoted: true, reason: `${version} can no longer be used.` }),
  unmeasured: (version) => ({
    promoted: true,
    reason: `${version} has no metrics on held-out tasks, so there is no reason to keep it.`,
  }),
  otherGoal: (version) => ({
    promoted: false,
    reason: `${version} was trained for a different goal, and the two versions have no metric in common and no lists to compare. ${adminMustDecide}`,
  }),
  otherTasks: (version) => ({
    promoted: false,
    reason: `${version} was measured on tasks from other scenarios or users, so the metrics of the two versions are not comparable. ${adminMustDecide}`,
  }),
  promotedMeanwhile: (version) => ({
    promoted: false,
    reason: `${version} was promoted while this version was trained, and has no metrics to compare with. ${adminMustDecide}`,
  }),
};

/**
 * The promotion rule. A new version is promoted unless it is worse on held-out tasks, by more than the margin, than the
 * active version or any other version that was active since the last manual choice. So small losses within the margin
 * do not add up. After a rollback, a new version must be better than the version rolled back to and each version that
 * was rolled back; this holds after a rollback to no version too. A version without metrics does not replace one that
 * has metrics.
 */
export function decidePromotion(
  metrics: Metrics,
  incumbent: Incumbent | null,
  margin: number,
  history: PromotionHistory = { compared: [] },
): Verdict {
  if (!incumbent && history.rolledBackTo === null) return compareWithRolledBack(metrics, history);
  if (!incumbent) return withoutNumbers(true, 'No other version was active for this task kind.');
  if (incumbent.metrics && isMeasured(metrics)) return compare(metrics, incumbent, margin, history);
  if (incumbent.metrics) return withoutNumbers(false, unmeasuredBeside(incumbent));
  const { obstacle, versionId } = incumbent;
  const { promoted, reason } = obstacles[obstacle](`The active version ${versionId}`);
  if (promoted && history.rolledBackTo !== undefined && obstacle !== 'unusable') {
    return withoutNumbers(
      false,
      `The last manual choice was a rollback to version ${history.rolledBackTo}, and no metrics show whether this version is better. ${adminMustDecide}`,
    );
  }
  return withoutNumbers(promoted, reason);
}

function isMeasured(metrics: Metrics): boolean {
  return metricsToCompare(metrics).some((metric) => metrics[metric] !== undefined);
}

function unmeasuredBeside({ versionId }: Incumbent): string {
  return `This version was not measured on any held-out task, so it has no metrics to compare with the active version ${versionId}. ${adminMustDecide}`;
}

/**
 * A version that the new one must not be worse than by more than the margin; `strictly`: that it must be better than.
 */
interface Rival {
  readonly value: number;
  readonly strictly: boolean;
  readonly version: string;
}

/** Returns the metric by which two versions are compared; `undefined` if they have none in common. */
export function commonMetric(metrics: Metrics, active: Metrics): MetricName | undefined {
  if (areOfLists(active) !== areOfLists(metrics)) return undefined;
  return metricsToCompare(metrics).find((name) => metrics[name] !== undefined && active[name] !== undefined);
}

function compare(metrics: Metrics, active: MeasuredVersion, margin: number, history: PromotionHistory): Verdict {
  const metric = commonMetric(metrics, active.metrics);
  if (!metric) {
    const { promoted, reason } = obstacles.otherGoal(`The active version ${active.versionId}`);
    return withoutNumbers(promoted, reason);
  }
  return compareWith(rivalsOf(metric, active, history), metric, metrics[metric] as number, margin);
}

/** Decides after a rollback to no version. */
function compareWithRolledBack(metrics: Metrics, { compared }: PromotionHistory): Verdict {
  for (const metric of metricsToCompare(metrics)) {
    const value = metrics[metric];
    const rivals = compared.flatMap((past) => {
      const own = past.metrics[metric];
      return own === undefined || areOfLists(past.metrics) !== areOfLists(metrics) ? [] : [{ ...past, value: own }];
    });
    if (value !== undefined && rivals.length > 0) return compareWith(rivals, metric, value, 0);
  }
  return withoutNumbers(
    false,
    `The last manual choice was a rollback to no version, and no metrics show whether this version is better than the one that was rolled back. ${adminMustDecide}`,
  );
}

/** Compares with the rival that is hardest to reach. */
function compareWith(rivals: readonly Rival[], metric: MetricName, value: number, margin: number): Verdict {
  const higher = isHigherBetter(metric);
  const boundOf = (rival: Rival) => (rival.strictly ? rival.value : rival.value * (higher ? 1 - margin : 1 + margin));
  const hardest = rivals.reduce((best, next) => {
    const gain = (boundOf(next) - boundOf(best)) * (higher ? 1 : -1);
    return gain > 0 || (gain === 0 && next.strictly && !best.strictly) ? next : best;
  });
  const { value: activeValue, strictly, version } = hardest;
  const bound = boundOf(hardest);
  const better = higher ? value > bound : value < bound;
  const promoted = better || (!strictly && value === bound);
  const own = `This version's ${metric} on held-out tasks is ${digits(value)}`;
  const other = `the ${digits(activeValue)} of ${version}`;
  const reason = strictly
    ? `${own}, ${promoted ? 'better than' : 'which is not better than'} ${other}.`
    : `${own}, ${withMargin({ value, activeValue, higher, promoted, margin })} ${other}.`;
  return { promoted, reason, metric, value, activeValue, margin: strictly ? 0 : margin };
}

interface ComparedValues {
  readonly value: number;
  readonly activeValue: number;
  readonly higher: boolean;
  readonly promoted: boolean;
  readonly margin: number;
}

function withMargin({ value, activeValue, higher, promoted, margin }: ComparedValues): string {
  if (value === activeValue) return 'equal to';
  if (higher ? value > activeValue : value < activeValue) return 'better than';
  return `${promoted ? 'at most' : 'more than'} ${percent(margin)} worse than`;
}

/**
 * Returns the active version, by its current metrics, and then the earlier versions. An earlier version's value is the
 * active version's current value, scaled by the ratio of the two on the tasks on which both were measured. Earlier
 * versions without this metric are left out.
 */
function rivalsOf(
  metric: MetricName,
  { versionId, metrics }: MeasuredVersion,
  { compared, rolledBackTo }: PromotionHistory,
): readonly Rival[] {
  const now = metrics[metric] as number;
  const strictly = versionId === rolledBackTo;
  const version = `the active version ${versionId}${strictly ? ', which was rolled back to' : ''}`;
  const others = compared.flatMap((past) => {
    const [value, active] = [past.metrics[metric], past.active[metric]];
    if (value === undefined || active === undefined) return [];
    return [{ ...past, value: active > 0 ? value * (now / active) : value }];
  });
  return [{ value: now, strictly, version }, ...others];
}

function withoutNumbers(promoted: boolean, reason: string): Verdict {
  return { promoted, reason, metric: null, value: null, activeValue: null, margin: null };
}

function digits(value: number): string {
  return value.toFixed(4);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
