import type { Database, PromotionDecision } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { PastComparison, PromotionHistory } from './promotion-rule.ts';
import { areMeasuredAlike, evaluationOf, type VersionEvaluation } from './version-evaluation.ts';

/**
 * What a new version of a task kind has to stand against beside the active one. Right after a rollback that is what was gone back from, of several
 * in a row all. When the rule has promoted since, it is what it compared with last: nothing before was harder to stand against.
 */
export async function promotionHistory(transaction: Database, taskKind: TaskKind): Promise<PromotionHistory> {
  const last = await lastPromotion(transaction, taskKind);
  const choice = await lastChoice(transaction, taskKind);
  if (!last || !choice) return { compared: [] };
  const compared =
    last.id !== choice.id
      ? comparedBy(last, choice)
      : choice.rollback
        ? await comparedWithGoneBackFrom(transaction, choice)
        : [];
  return { compared, ...(choice.rollback && { backTo: choice.modelVersionId }) };
}

/** The versions beside the active one that are kept for what was decided: the one chosen last, and those gone back from by it. */
export async function decisiveVersions(transaction: Database, taskKind: TaskKind): Promise<number[]> {
  const choice = await lastChoice(transaction, taskKind);
  if (!choice) return [];
  return [choice.modelVersionId, ...(choice.rollback ? await goneBackFrom(transaction, choice) : [])];
}

async function lastPromotion(transaction: Database, taskKind: TaskKind): Promise<PromotionDecision | null> {
  return transaction.promotionDecision.findFirst({
    where: { taskKind, promoted: true },
    orderBy: { id: 'desc' },
  });
}

/** The last promotion that a person made, or the rule without numbers: with it the rule begins anew. */
async function lastChoice(transaction: Database, taskKind: TaskKind): Promise<PromotionDecision | null> {
  return transaction.promotionDecision.findFirst({
    where: { taskKind, promoted: true, OR: [{ decidedBy: 'PERSON' }, { metric: null }] },
    orderBy: { id: 'desc' },
  });
}

/** By the decision that made the active version serve, on the tasks of its training. */
function comparedBy(
  { metric, value, activeValue, margin }: PromotionDecision,
  choice: PromotionDecision,
): PastComparison[] {
  if (metric === null || value === null || activeValue === null) return [];
  const strictly = choice.rollback && margin === 0;
  const version = strictly
    ? 'the best of those that somebody went back from or to'
    : 'the best version that served before the active one';
  return [{ version, strictly, metrics: { [metric]: activeValue }, active: { [metric]: value } }];
}

/** By the rollbacks in a row of which this is the last. */
async function goneBackFrom(transaction: Database, { id, taskKind }: PromotionDecision): Promise<number[]> {
  const before = await transaction.promotionDecision.findFirst({
    where: { taskKind, promoted: true, rollback: false, id: { lt: id } },
    orderBy: { id: 'desc' },
    select: { id: true },
  });
  const rollbacks = await transaction.promotionDecision.findMany({
    where: { taskKind, rollback: true, id: { gt: before?.id ?? 0, lte: id } },
    select: { previousVersionId: true },
  });
  return rollbacks.flatMap(({ previousVersionId }) => previousVersionId ?? []);
}

/**
 * As each was measured beside the version gone back to; where it was not, the two as each was in its own training. Without those that
 * were never measured alike.
 */
async function comparedWithGoneBackFrom(
  transaction: Database,
  rollback: PromotionDecision,
): Promise<PastComparison[]> {
  const to = rollback.modelVersionId;
  const from = await goneBackFrom(transaction, rollback);
  const versions = await transaction.modelVersion.findMany({
    where: { id: { in: [to, ...from] } },
    select: { id: true, evaluation: true },
    orderBy: { id: 'desc' },
  });
  const evaluations = new Map(versions.map((version) => [version.id, evaluationOf(version)]));
  return from.flatMap((id) => {
    const own = evaluations.get(id);
    const active = own && measuredBeside(own, to, evaluations.get(to));
    if (!active) return [];
    const version = `version ${id}, which somebody went back from`;
    return [{ version, strictly: true, metrics: own.overall.value, active }];
  });
}

function measuredBeside(own: VersionEvaluation, to: number, other: VersionEvaluation | undefined) {
  if (own.activeVersionId === to) return own.overall.active;
  return other && areMeasuredAlike(own, other) ? other.overall.value : undefined;
}
