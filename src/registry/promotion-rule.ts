import { isHigherBetter, type MetricName } from '../evaluation/metrics.ts';
import type { Metrics } from './version-evaluation.ts';

/** How much worse a new version may be and still serve, as a share of the best value, unless told. */
export const defaultPromotionMargin = 0.01;

/** Why there are no numbers of the active version to compare with. */
export type Obstacle = 'unusable' | 'unmeasured' | 'otherAim' | 'otherTasks' | 'promotedMeanwhile';

/** The version that serves when a new one might: its metrics on held-out tasks, or why there are none. */
export type Incumbent =
  | { readonly versionId: number; readonly metrics: Metrics }
  | { readonly versionId: number; readonly metrics?: undefined; readonly obstacle: Obstacle };

export interface MeasuredVersion {
  readonly versionId: number;
  readonly metrics: Metrics;
}

/** What a version was measured as beside the active one, on the same tasks; of today's tasks it says how much better it was. */
export interface PastComparison {
  /** In words. */
  readonly version: string;
  readonly metrics: Metrics;
  /** Of the active version, on those tasks. */
  readonly active: Metrics;
  /** Whether a new version has to be better, and not only not worse. */
  readonly strictly: boolean;
}

/** What beside the active version's numbers of now counts; see `promotionHistory`. */
export interface PromotionHistory {
  readonly compared: readonly PastComparison[];
  /** The version that somebody went back to; absent where the last choice of a person was no rollback. */
  readonly backTo?: number;
}

/** Whether a version is to serve, and what was compared; `null` where there was nothing to compare. */
export interface Verdict {
  readonly promoted: boolean;
  readonly reason: string;
  readonly metric: MetricName | null;
  readonly value: number | null;
  readonly activeValue: number | null;
  readonly margin: number | null;
}

/** What is compared, the first that both have: the errors of predicted ratings, what is found among all, the order of a few. */
export const comparedMetrics = ['mae', 'recall10', 'ndcg3'] as const satisfies readonly MetricName[];

const obstacles: Record<Obstacle, (version: string) => Pick<Verdict, 'promoted' | 'reason'>> = {
  unusable: (version) => ({ promoted: true, reason: `${version} cannot be used any more.` }),
  unmeasured: (version) => ({
    promoted: true,
    reason: `${version} was never measured on the held-out tasks of today, so nothing speaks for keeping it.`,
  }),
  otherAim: (version) => ({
    promoted: false,
    reason: `${version} was trained for another aim, so that the two share no metric; somebody has to decide which is wanted.`,
  }),
  otherTasks: (version) => ({
    promoted: false,
    reason: `${version} was measured on tasks drawn from other scenarios or users, so that the numbers of the two do not compare; somebody has to decide.`,
  }),
  promotedMeanwhile: (version) => ({
    promoted: false,
    reason: `${version} was chosen while this one was trained, and has no numbers to compare with; somebody has to decide.`,
  }),
};

/**
 * The rule: a new version serves unless it is worse on held-out tasks, by more than the margin, than the active one or any other that
 * served since a person last chose: steps within the margin do not add up. After a rollback it has to be better than what was gone back from and to.
 * One that was not measured replaces none that was.
 */
export function decidePromotion(
  metrics: Metrics,
  incumbent: Incumbent | null,
  margin: number,
  history: PromotionHistory = { compared: [] },
): Verdict {
  if (!incumbent) return withoutNumbers(true, 'No version of its kind of task served before.');
  if (incumbent.metrics && isMeasured(metrics)) return compare(metrics, incumbent, margin, history);
  if (incumbent.metrics) return withoutNumbers(false, unmeasuredBeside(incumbent));
  const { obstacle, versionId } = incumbent;
  const { promoted, reason } = obstacles[obstacle](`The active version ${versionId}`);
  if (promoted && history.backTo !== undefined && obstacle !== 'unusable') {
    return withoutNumbers(
      false,
      `Somebody went back to version ${history.backTo}, and there are no numbers to tell whether this one is better; somebody has to decide.`,
    );
  }
  return withoutNumbers(promoted, reason);
}

function isMeasured(metrics: Metrics): boolean {
  return comparedMetrics.some((metric) => metrics[metric] !== undefined);
}

function unmeasuredBeside({ versionId }: Incumbent): string {
  return `It was not measured on any held-out task, and there are no numbers to compare with those of the active version ${versionId}; somebody has to decide.`;
}

/** A version that the new one must not be worse than; `strictly` where it has to be better. */
interface Rival {
  readonly value: number;
  readonly strictly: boolean;
  readonly version: string;
}

function compare(
  metrics: Metrics,
  active: MeasuredVersion,
  margin: number,
  history: PromotionHistory,
): Verdict {
  const metric = comparedMetrics.find(
    (name) => metrics[name] !== undefined && active.metrics[name] !== undefined,
  );
  if (!metric) {
    const { promoted, reason } = obstacles.otherAim(`The active version ${active.versionId}`);
    return withoutNumbers(promoted, reason);
  }
  const value = metrics[metric] as number;
  const higher = isHigherBetter(metric);
  const boundOf = (rival: Rival) =>
    rival.strictly ? rival.value : rival.value * (higher ? 1 - margin : 1 + margin);
  const hardest = rivalsOf(metric, active, history).reduce((most, next) => {
    const gain = (boundOf(next) - boundOf(most)) * (higher ? 1 : -1);
    return gain > 0 || (gain === 0 && next.strictly && !most.strictly) ? next : most;
  });
  const { value: activeValue, strictly, version } = hardest;
  const bound = boundOf(hardest);
  const better = higher ? value > bound : value < bound;
  const promoted = better || (!strictly && value === bound);
  const its = `Its ${metric} of ${digits(value)} on held-out tasks is`;
  const than = `than ${digits(activeValue)} of ${version}`;
  const reason = strictly
    ? `${its} ${promoted ? '' : 'not '}better ${than}.`
    : `${its} ${promoted ? 'not ' : ''}more than ${percent(margin)} worse ${than}.`;
  return { promoted, reason, metric, value, activeValue, margin: strictly ? 0 : margin };
}

/**
 * The active version first, by its measurement of now. Others are as much better than it as they were on the tasks that both were measured
 * on; those that were never measured by this metric are none.
 */
function rivalsOf(
  metric: MetricName,
  { versionId, metrics }: MeasuredVersion,
  { compared, backTo }: PromotionHistory,
): readonly Rival[] {
  const now = metrics[metric] as number;
  const strictly = versionId === backTo;
  const version = `the active version ${versionId}${strictly ? ', which somebody went back to' : ''}`;
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
  return `${Number((share * 100).toFixed(2))} %`;
}
