import { z } from 'zod';
import { isHigherBetter, type MetricName, metricNames } from '../evaluation/metrics.ts';
import type { ModelVersion } from '../store/database.ts';

const metrics = z.record(z.string(), z.number());
export type Metrics = Readonly<z.output<typeof metrics>>;

const compared = {
  /** Of the version itself, adapted. */
  value: metrics,
  /** The same, had it been shown nothing. */
  unadapted: metrics,
  /** Of the version that was active then. */
  active: metrics,
  /** Of what is popular in the data that trained it: items' mean ratings, or, where labels are none, counts. */
  popularity: metrics,
};

const evaluationSchema = z.object({
  /** The version that was active when this one was measured; `null` for none. */
  activeVersionId: z.number().int().nullable(),
  /** What the held-out tasks were drawn from, where numbers of several trainings are compared; absent before this record, too. */
  measuredOn: z.string().optional(),
  overall: z.object(compared),
  byHistory: z.array(
    z.object({
      from: z.number().int(),
      to: z.number().int().nullable(),
      tasks: z.number().int(),
      ...compared,
    }),
  ),
});

/** How good a version was on held-out tasks beside what it has to be better than. An absent metric was not measured. */
export type VersionEvaluation = z.output<typeof evaluationSchema>;
export type ComparedMetrics = VersionEvaluation['overall'];

/** `undefined` for versions older than the record. */
export function evaluationOf({ evaluation }: Pick<ModelVersion, 'evaluation'>) {
  return evaluationSchema.safeParse(evaluation).data;
}

/** Whether the numbers of two trainings were measured on tasks drawn alike, as far as is known. */
export function areMeasuredAlike(
  one: Pick<VersionEvaluation, 'measuredOn'>,
  other: Pick<VersionEvaluation, 'measuredOn'>,
): boolean {
  return (
    [one, other].some(({ measuredOn }) => measuredOn === undefined) || one.measuredOn === other.measuredOn
  );
}

/** Those that are told, without counts, in their order. */
export function namedMetrics(measured: Metrics): { readonly name: MetricName; readonly value: number }[] {
  return metricNames.flatMap((name) => {
    const value = measured[name];
    return value === undefined ? [] : [{ name, value }];
  });
}

/** One metric of a version, with those to compare it with; `null` where it was not measured. */
export interface MetricBar {
  readonly metric: MetricName;
  readonly higherIsBetter: boolean;
  readonly value: number | null;
  readonly unadapted: number | null;
  readonly active: number | null;
  readonly popularity: number | null;
}

/** The metrics that were measured of anything in the comparison. */
export function barsOf({ value, unadapted, active, popularity }: ComparedMetrics): MetricBar[] {
  const all = [value, unadapted, active, popularity];
  return metricNames
    .filter((metric) => all.some((metrics) => metrics[metric] !== undefined))
    .map((metric) => ({
      metric,
      higherIsBetter: isHigherBetter(metric),
      value: value[metric] ?? null,
      unadapted: unadapted[metric] ?? null,
      active: active[metric] ?? null,
      popularity: popularity[metric] ?? null,
    }));
}
