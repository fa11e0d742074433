import type { Database, PromotionDecision, TaskKind } from '../store/database.ts';
import { comparedMetrics, type PromotionHistory } from './promotion-rule.ts';
import { evaluationOf, isHigherBetter } from './version-evaluation.ts';

/**
 * The versions that served since a person last chose, or since the rule last promoted without numbers, with those as they were measured in their
 * own trainings; and, where that choice was a rollback, what it went back from. Of several rollbacks in a row all count.
 */
export async function promotionHistory(transaction: Database, taskKind: TaskKind): Promise<PromotionHistory> {
  const start = await startOfHistory(transaction, taskKind);
  const later = await transaction.promotionDecision.findMany({
    where: { taskKind, promoted: true, id: { gte: start?.id ?? 0 } },
    select: { modelVersionId: true },
  });
  const served = await measuredThen(
    transaction,
    later.map(({ modelVersionId }) => modelVersionId),
  );
  if (!start?.rollback) return { served };
  const from = await goneBackFrom(transaction, taskKind, start.id);
  return { served, rollback: { to: start.modelVersionId, from: await measuredThen(transaction, from) } };
}

/**
 * The versions beside the active one without which the rule would decide otherwise: the one chosen, those gone back from, and of those that
 * served since the best by each metric that is compared.
 */
export async function decisiveVersions(
  transaction: Database,
  taskKind: TaskKind,
  activeId: number | null,
): Promise<number[]> {
  const start = await startOfHistory(transaction, taskKind);
  if (!start) return [];
  const { served } = await promotionHistory(transaction, taskKind);
  const best = comparedMetrics.flatMap((metric) => {
    const measured = served.filter(
      ({ versionId, metrics }) => versionId !== activeId && metrics[metric] !== undefined,
    );
    const sign = isHigherBetter(metric) ? -1 : 1;
    measured.sort((a, b) => sign * ((a.metrics[metric] as number) - (b.metrics[metric] as number)));
    return measured.slice(0, 1).map(({ versionId }) => versionId);
  });
  const from = start.rollback ? await goneBackFrom(transaction, taskKind, start.id) : [];
  return [start.modelVersionId, ...from, ...best];
}

async function startOfHistory(transaction: Database, taskKind: TaskKind): Promise<PromotionDecision | null> {
  return transaction.promotionDecision.findFirst({
    where: { taskKind, promoted: true, OR: [{ decidedBy: 'PERSON' }, { metric: null }] },
    orderBy: { id: 'desc' },
  });
}

/** By the rollbacks in a row of which this is the last. */
async function goneBackFrom(transaction: Database, taskKind: TaskKind, last: number): Promise<number[]> {
  const before = await transaction.promotionDecision.findFirst({
    where: { taskKind, promoted: true, rollback: false, id: { lt: last } },
    orderBy: { id: 'desc' },
    select: { id: true },
  });
  const rollbacks = await transaction.promotionDecision.findMany({
    where: { taskKind, rollback: true, id: { gt: before?.id ?? 0, lte: last } },
    select: { previousVersionId: true },
  });
  return rollbacks.flatMap(({ previousVersionId }) => previousVersionId ?? []);
}

/** Without those that were never measured. */
async function measuredThen(transaction: Database, ids: readonly number[]) {
  const versions = await transaction.modelVersion.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, evaluation: true },
    orderBy: { id: 'desc' },
  });
  return versions.flatMap((version) => {
    const metrics = evaluationOf(version)?.overall.value;
    return metrics ? [{ versionId: version.id, metrics }] : [];
  });
}
