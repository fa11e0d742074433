import { WarmstartError } from '../common/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { type MeasurementByHistory, type Metrics, unmeasured } from '../evaluation/measure-by-history.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import { loadRecommender } from '../models/recommenders.ts';
import { activeVersionId, modelVersionsById, readArtifact } from '../registry/model-registry.ts';
import type { Incumbent, Obstacle } from '../registry/promotion-rule.ts';
import { areMeasuredAlike, evaluationOf, type VersionEvaluation } from '../registry/version-evaluation.ts';
import type { Database } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { HeldOutMeasurement, PreparedTraining } from './prepared-training.ts';
import { compareWithSimple, type MeasuredModels, type SimpleComparison, tableOfLists } from './version-lists.ts';

/** The metrics of a new version on held-out tasks, and the metrics to compare them with. */
export interface VersionMeasurement extends SimpleComparison {
  readonly metrics: Metrics;
  /** On the same tasks, with empty support sets. */
  readonly metricsUnadapted: Metrics;
  readonly evaluation: VersionEvaluation;
  /** The version that was active during the measurement; `null` for none. */
  readonly incumbent: Incumbent | null;
}

export interface MeasureVersionRequest {
  readonly taskKind: TaskKind;
  readonly prepared: PreparedTraining;
  readonly artifact: ModelArtifact;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Measures a new model, the active version and the popularity baseline on the same held-out tasks. Measures nothing
 * without held-out tasks. If the active version has been trained on these tasks since, like scenario models, its own
 * earlier measurement counts instead. The same holds if nothing is measured now. Throws the signal's reason.
 */
export async function measureVersion(
  { database, engine }: { database: Database; engine: Engine },
  { taskKind, prepared, artifact, signal }: MeasureVersionRequest,
): Promise<VersionMeasurement> {
  const { activeVersion, heldOutTasks } = prepared;
  const measure = async (model: ModelArtifact): Promise<HeldOutMeasurement> => {
    if (heldOutTasks === 0) return unmeasured;
    signal?.throwIfAborted();
    const recommender = await loadRecommender(model, engine);
    try {
      return await prepared.measure(recommender, signal);
    } finally {
      recommender.dispose();
    }
  };
  const own = await measure(artifact);
  const popularity: HeldOutMeasurement = heldOutTasks === 0 ? unmeasured : await prepared.measurePopularity(signal);
  const itemKnn = hasAny(own.metrics) ? await prepared.measureItemKnn?.(engine, signal) : undefined;
  const versionId = await activeVersionId(database, taskKind);
  const active =
    versionId === null
      ? undefined
      : activeVersion.metrics === 'measuredAgain' && hasAny(own.metrics)
        ? await measureActive(database, versionId, measure)
        : await storedMeasurement(database, versionId, activeVersion);
  const measured = { own, active: active?.measurement, popularity, itemKnn };
  return {
    metrics: own.metrics,
    metricsUnadapted: own.metricsUnadapted,
    ...compareWithSimple(measured),
    evaluation: {
      ...compare(versionId, measured),
      ...(activeVersion.metrics === 'stored' && { measuredOn: activeVersion.measuredOn }),
    },
    incumbent: active?.incumbent ?? null,
  };
}

interface ActiveMeasurement {
  readonly incumbent: Incumbent;
  readonly measurement?: HeldOutMeasurement;
}

async function measureActive(
  database: Database,
  versionId: number,
  measure: (model: ModelArtifact) => Promise<HeldOutMeasurement>,
): Promise<ActiveMeasurement> {
  try {
    const measurement = await measure(await readArtifact(database, versionId));
    // On tasks on which the new version has metrics, only a version that was trained for another goal has none.
    return { measurement, incumbent: incumbentOf(versionId, measurement.metrics, 'otherGoal') };
  } catch (error) {
    if (!isUnusable(error)) throw error;
    return { incumbent: { versionId, obstacle: 'unusable' } };
  }
}

/** Returns the metrics of the active version from its own training. */
async function storedMeasurement(
  database: Database,
  id: number,
  activeVersion: PreparedTraining['activeVersion'],
): Promise<ActiveMeasurement> {
  const [version] = await modelVersionsById(database, [id]);
  const stored = version ? evaluationOf(version) : undefined;
  if (!stored) return { incumbent: { versionId: id, obstacle: 'unmeasured' } };
  const { overall, byHistory } = stored;
  const incumbent = incumbentOf(id, overall.value, 'unmeasured');
  if (!areMeasuredAlike(stored, activeVersion)) return { incumbent: { versionId: id, obstacle: 'otherTasks' } };
  // The new version has no metrics here, so the active version's metrics on other tasks are not shown beside it.
  if (activeVersion.metrics === 'measuredAgain') return { incumbent };
  const measurement = {
    metrics: overall.value,
    metricsUnadapted: overall.unadapted,
    byHistory: byHistory.map(({ value, unadapted, ...range }) => ({
      ...range,
      metrics: value,
      metricsUnadapted: unadapted,
    })),
  };
  return { measurement, incumbent };
}

function incumbentOf(versionId: number, metrics: Metrics, obstacle: Obstacle): Incumbent {
  return hasAny(metrics) ? { versionId, metrics } : { versionId, obstacle };
}

function hasAny(metrics: Metrics): boolean {
  return Object.keys(metrics).length > 0;
}

/** A version that cannot be measured, for example because its scores are not finite, must not block better versions. */
function isUnusable(error: unknown): boolean {
  return error instanceof WarmstartError && (error.code === 'INVALID_DATA' || error.code === 'INVALID_CONFIGURATION');
}

function compare(activeId: number | null, measured: MeasuredModels): VersionEvaluation {
  const { own, active, popularity } = measured;
  const lists = tableOfLists(measured);
  return {
    ...(lists && { lists }),
    activeVersionId: activeId,
    overall: {
      value: own.metrics,
      unadapted: own.metricsUnadapted,
      active: active?.metrics ?? {},
      popularity: popularity.metrics,
    },
    byHistory: own.byHistory.map(({ from, to, tasks, metrics, metricsUnadapted }) => {
      const same = (other: MeasurementByHistory | undefined) =>
        other?.byHistory.find((range) => range.from === from && range.to === to)?.metrics ?? {};
      const others = { active: same(active), popularity: same(popularity) };
      return { from, to, tasks, value: metrics, unadapted: metricsUnadapted, ...others };
    }),
  };
}
