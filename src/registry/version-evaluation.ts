import { z } from 'zod';
import { meanOf } from '../evaluation/history-of-lists.ts';
import { isHigherBetter, type MetricName, metricNames } from '../evaluation/metrics.ts';
import type { ModelVersion } from '../store/database.ts';

const metrics = z.record(z.string(), z.number());
export type Metrics = Readonly<z.output<typeof metrics>>;

const compared = {
  /** The version's own metrics, adapted to the support pairs. */
  value: metrics,
  /** The version's own metrics without any support pairs. */
  unadapted: metrics,
  /** The metrics of the version that was active at that time. */
  active: metrics,
  /**
   * The metrics of the popularity baseline on its training data: items' mean ratings, or counts if there are no labels.
   */
  popularity: metrics,
};

/** Versions older than a metric lack it. */
const added = z.number().nullable().default(null);

const listMetrics = z.object({
  recall10: added,
  recall20: z.number(),
  ndcg20: z.number(),
  ndcg100: added,
  coverage10: added,
});
/** How good lists are: see `ListMetrics` of the evaluation. */
export type StoredListMetrics = z.output<typeof listMetrics>;

/** The lists that models make of the same held-out users; `null` for a model that was not measured. */
const listMeasurement = z.object({
  /** How many interactions the models were shown; `null` for all. */
  shown: z.number().int().nullable(),
  users: z.number().int(),
  value: listMetrics,
  active: listMetrics.nullable(),
  popularity: listMetrics,
  itemKnn: listMetrics.nullable(),
});
export type ListMeasurement = z.output<typeof listMeasurement>;

const evaluationSchema = z.object({
  /** The version that was active when this one was measured; `null` if there was none. */
  activeVersionId: z.number().int().nullable(),
  /**
   * What the held-out tasks were drawn from, if metrics of several training runs are compared. Also absent in versions
   * older than this field.
   */
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
  /** By the number of shown interactions, ascending. Absent for scenarios, and in versions older than this field. */
  lists: z.array(listMeasurement).optional(),
});

/** A version's metrics on held-out tasks, beside those of its comparisons. An absent metric was not measured. */
export type VersionEvaluation = z.output<typeof evaluationSchema>;
export type ComparedMetrics = VersionEvaluation['overall'];

/** Returns a version's evaluation, or `undefined` if the version is older than these records. */
export function evaluationOf({ evaluation }: Pick<ModelVersion, 'evaluation'>) {
  return evaluationSchema.safeParse(evaluation).data;
}

/** Returns whether two training runs drew their held-out tasks in the same way; true if it is unknown for either. */
export function areMeasuredAlike(
  one: Pick<VersionEvaluation, 'measuredOn'>,
  other: Pick<VersionEvaluation, 'measuredOn'>,
): boolean {
  return [one, other].some(({ measuredOn }) => measuredOn === undefined) || one.measuredOn === other.measuredOn;
}

/** Returns whether metrics are means over lists. Only these have an NDCG@20. */
export function areOfLists({ ndcg20 }: Metrics): boolean {
  return ndcg20 !== undefined;
}

/**
 * Returns the means over the numbers shown of a version's lists, or of the lists of the version that was active at that
 * time; `undefined` if they were not measured.
 */
export function meansOfLists(evaluation: VersionEvaluation, model: 'value' | 'active'): Metrics | undefined {
  const lists = evaluation.lists?.flatMap((row) => row[model] ?? []) ?? [];
  if (lists.length === 0) return undefined;
  const mean = (metric: 'recall20' | 'ndcg20') => meanOf(lists.map((own) => own[metric]));
  return { recall20: mean('recall20'), ndcg20: mean('ndcg20') };
}

/** Returns the metrics that have a public name, in their order. */
export function namedMetrics(measured: Metrics): { readonly name: MetricName; readonly value: number }[] {
  return metricNames.flatMap((name) => {
    const value = measured[name];
    return value === undefined ? [] : [{ name, value }];
  });
}

/** Returns the metrics that have a public name in words, such as `mae 0.7123, ndcg3 0.8`; an empty text without any. */
export function metricsInWords(measured: Metrics): string {
  return namedMetrics(measured)
    .map(({ name, value }) => `${name} ${Number(value.toPrecision(4))}`)
    .join(', ');
}

/** One metric of a version and its comparisons; `null` if it was not measured. */
export interface MetricBar {
  readonly metric: MetricName;
  readonly higherIsBetter: boolean;
  readonly value: number | null;
  readonly unadapted: number | null;
  readonly active: number | null;
  readonly popularity: number | null;
}

/** Returns every metric that was measured for the version or one of its comparisons. */
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
