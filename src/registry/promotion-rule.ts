import { isHigherBetter, type MetricName, type Metrics } from './version-evaluation.ts';

/** How much worse a new version may be and still serve, as a share of the active version's value, unless told. */
export const defaultPromotionMargin = 0.01;

/** Why there are no numbers of the active version to compare with. */
export type Obstacle = 'unusable' | 'unmeasured' | 'otherAim' | 'promotedMeanwhile';

/** The version that serves when a new one might: its metrics on held-out tasks, or why there are none. */
export type Incumbent =
  | { readonly versionId: number; readonly metrics: Metrics }
  | { readonly versionId: number; readonly metrics?: undefined; readonly obstacle: Obstacle };

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
const comparedMetrics = ['mae', 'recall10', 'ndcg3'] as const satisfies readonly MetricName[];

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
  promotedMeanwhile: (version) => ({
    promoted: false,
    reason: `${version} was chosen while this one was trained, and has no numbers to compare with; somebody has to decide.`,
  }),
};

/** The rule: a new version serves unless it is worse on held-out tasks than the active one by more than the margin. */
export function decidePromotion(metrics: Metrics, incumbent: Incumbent | null, margin: number): Verdict {
  if (!incumbent) return withoutNumbers(true, 'No version of its kind of task served before.');
  const version = `The active version ${incumbent.versionId}`;
  if (!comparedMetrics.some((metric) => metrics[metric] !== undefined)) {
    return withoutNumbers(
      true,
      `Too few tasks are stored to hold any out, so that it cannot be compared with version ${incumbent.versionId}; it has learned from newer data.`,
    );
  }
  if (!incumbent.metrics) {
    const { promoted, reason } = obstacles[incumbent.obstacle](version);
    return withoutNumbers(promoted, reason);
  }
  return compare(metrics, incumbent, margin);
}

function compare(
  metrics: Metrics,
  { versionId, metrics: active }: Incumbent & { metrics: Metrics },
  margin: number,
): Verdict {
  const metric = comparedMetrics.find((name) => metrics[name] !== undefined && active[name] !== undefined);
  if (!metric) {
    const { promoted, reason } = obstacles.otherAim(`The active version ${versionId}`);
    return withoutNumbers(promoted, reason);
  }
  const [value, activeValue] = [metrics[metric] as number, active[metric] as number];
  const promoted = isHigherBetter(metric)
    ? value >= activeValue * (1 - margin)
    : value <= activeValue * (1 + margin);
  const bound = `more than ${percent(margin)} worse than ${digits(activeValue)} of the active version ${versionId}`;
  const reason = `Its ${metric} of ${digits(value)} on held-out tasks is ${promoted ? 'not ' : ''}${bound}.`;
  return { promoted, reason, metric, value, activeValue, margin };
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
