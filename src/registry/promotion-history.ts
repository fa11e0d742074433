import type { Database, PromotionDecision } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { PastComparison, PromotionHistory } from './promotion-rule.ts';
import {
  areMeasuredAlike,
  evaluationOf,
  type Metrics,
  meansOfLists,
  type VersionEvaluation,
} from './version-evaluation.ts';

/** The decisions that change which version is active. A rollback without a promotion leaves no version active. */
export const changesActive = { OR: [{ promoted: true }, { rollback: true }] };

/**
 * Returns the versions that a new version is compared with in addition to the active one. Right after a rollback, these
 * are the versions that the rollback, and any rollbacks directly before it, replaced. If the rule has promoted
 * a version since then, only one version is returned: the one that the rule compared with in its last promotion. No
 * earlier version was harder to beat.
 *
 * `measured` is how the new version was measured. It matters after a rollback to no version.
 */
export async function promotionHistory(
  transaction: Database,
  taskKind: TaskKind,
  measured: Pick<VersionEvaluation, 'measuredOn'> = {},
): Promise<PromotionHistory> {
  const last = await lastPromotion(transaction, taskKind);
  const choice = await lastChoice(transaction, taskKind);
  if (!last || !choice) return { compared: [] };
  const compared =
    last.id !== choice.id
      ? comparedBy(last, choice)
      : choice.rollback
        ? await comparedWithRolledBack(transaction, choice, measured)
        : [];
  return { compared, ...(choice.rollback && { rolledBackTo: targetOf(choice) }) };
}

/**
 * Returns the versions that the promotion rule still needs besides the active one: the last manual choice, and, if that
 * was a rollback, the versions that it replaced.
 */
export async function decisiveVersions(transaction: Database, taskKind: TaskKind): Promise<number[]> {
  const choice = await lastChoice(transaction, taskKind);
  if (!choice) return [];
  return [choice.modelVersionId, ...(choice.rollback ? await rolledBackVersions(transaction, choice) : [])];
}

/** Returns the version that a rollback made active; `null` for none. */
function targetOf({ promoted, modelVersionId }: PromotionDecision): number | null {
  return promoted ? modelVersionId : null;
}

async function lastPromotion(transaction: Database, taskKind: TaskKind): Promise<PromotionDecision | null> {
  return transaction.promotionDecision.findFirst({
    where: { taskKind, ...changesActive },
    orderBy: { id: 'desc' },
  });
}

/**
 * Returns the last promotion or rollback by a person, or promotion by the rule without metrics: the rule starts over
 * from it.
 */
async function lastChoice(transaction: Database, taskKind: TaskKind): Promise<PromotionDecision | null> {
  return transaction.promotionDecision.findFirst({
    where: { taskKind, OR: [{ promoted: true, OR: [{ decidedBy: 'PERSON' }, { metric: null }] }, { rollback: true }] },
    orderBy: { id: 'desc' },
  });
}

/**
 * Returns the comparison of the decision that promoted the active version, on the tasks of that version's training run.
 */
function comparedBy(
  { metric, value, activeValue, margin }: PromotionDecision,
  choice: PromotionDecision,
): PastComparison[] {
  if (metric === null || value === null || activeValue === null) return [];
  const strictly = choice.rollback && margin === 0;
  const version = strictly
    ? 'the best version before and after the last rollback'
    : 'the best version that was active earlier';
  return [{ version, strictly, metrics: { [metric]: activeValue }, active: { [metric]: value } }];
}

/** Returns the versions that this rollback, and the rollbacks directly before it, replaced. */
async function rolledBackVersions(transaction: Database, { id, taskKind }: PromotionDecision): Promise<number[]> {
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
 * Returns how much better each replaced version was than the version that was rolled back to: as measured side by side,
 * or otherwise as each was measured in its own training run. After a rollback to no version, returns the metrics of
 * each replaced version alone. Leaves out versions that were not measured on similar tasks.
 */
async function comparedWithRolledBack(
  transaction: Database,
  rollback: PromotionDecision,
  measured: Pick<VersionEvaluation, 'measuredOn'>,
): Promise<PastComparison[]> {
  const to = targetOf(rollback);
  const from = await rolledBackVersions(transaction, rollback);
  const versions = await transaction.modelVersion.findMany({
    where: { id: { in: to === null ? from : [to, ...from] } },
    select: { id: true, evaluation: true },
    orderBy: { id: 'desc' },
  });
  const evaluations = new Map(versions.map((version) => [version.id, evaluationOf(version)]));
  return from.flatMap((id) => {
    const own = evaluations.get(id);
    const active = own && (to === null ? {} : measuredBeside(own, to, evaluations.get(to)));
    if (!active || (to === null && !areMeasuredAlike(own, measured))) return [];
    const version = `version ${id}, which was rolled back`;
    return [{ version, strictly: true, metrics: withLists(own, 'value'), active }];
  });
}

function measuredBeside(own: VersionEvaluation, to: number, other: VersionEvaluation | undefined) {
  if (own.activeVersionId === to) return withLists(own, 'active');
  return other && areMeasuredAlike(own, other) ? withLists(other, 'value') : undefined;
}

/**
 * Returns metrics with the Recall@20 of lists, if lists were measured: no other Recall@20 is compared. See
 * `decideBetweenGoals`.
 */
function withLists(evaluation: VersionEvaluation, model: 'value' | 'active'): Metrics {
  const lists = meansOfLists(evaluation, model);
  return { ...evaluation.overall[model], ...(lists && { recall20: lists.recall20 as number }) };
}
