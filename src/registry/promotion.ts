import { inputError, notFound, WarmstartError } from '../common/errors.ts';
import { textProblem } from '../common/storable-text.ts';
import type { ListComparison } from '../evaluation/compare-lists.ts';
import { type Database, type PromotionDecision, sql, type TransactionalDatabase } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import { decideBetweenGoals } from './goal-rule.ts';
import { judgeLists } from './list-rule.ts';
import { activeVersionId, type ModelVersionSummary, promoteModelVersion, summary } from './model-registry.ts';
import { changesActive, promotionHistory } from './promotion-history.ts';
import type { Incumbent } from './promotion-rule.ts';
import { judgeScenarios } from './scenario-rule.ts';
import { areMeasuredAlike, evaluationOf, type Metrics, meansOfLists } from './version-evaluation.ts';

const maxReasonLength = 1000;
/** In milliseconds; leaves time for another decision to finish. */
const deciding = { maxWait: 10_000, timeout: 20_000 };

export interface RuleRequest {
  readonly metrics: Metrics;
  /** The version that was active when the new one was measured, with its metrics of that time. */
  readonly measured: Incumbent | null;
  /** How much worse the new version can be, as a share of the value compared with. */
  readonly margin: number;
  /** The new version's lists beside those of simple models. Default: none. */
  readonly listComparisons?: readonly ListComparison[];
}

/**
 * Promotes a new version if the promotion rule and the rules of lists and of scenarios allow it, in the transaction
 * that stores the version. If another version became active after the measurement, the rule uses that version's stored
 * metrics.
 */
export async function promoteByRule(
  transaction: Database,
  version: ModelVersionSummary,
  { metrics, measured, margin, listComparisons = [] }: RuleRequest,
): Promise<PromotionDecision> {
  const previousVersionId = await lockActiveVersion(transaction, version.taskKind);
  const evaluation = evaluationOf(version);
  const active =
    previousVersionId === null
      ? { incumbent: null, lists: undefined }
      : measured?.versionId === previousVersionId
        ? { incumbent: measured, lists: evaluation && meansOfLists(evaluation, 'active') }
        : await promotedMeanwhile(transaction, version, previousVersionId);
  const history = await promotionHistory(transaction, version.taskKind, evaluation);
  const lists = { own: evaluation && meansOfLists(evaluation, 'value'), active: active.lists };
  const decided = decideBetweenGoals({ metrics, incumbent: active.incumbent, lists }, margin, history);
  const listed = judgeLists(decided, listComparisons);
  const measurement = version.taskKind === 'SCENARIO' ? evaluation?.overall : undefined;
  const verdict = measurement ? judgeScenarios(listed, measurement) : listed;
  return decide(transaction, version, { ...verdict, previousVersionId, decidedBy: 'RULE' });
}

/**
 * Promotes a version for a person. If the version is already active, nothing changes and no decision is recorded.
 * Throws MODEL_VERSION_NOT_FOUND if the version does not exist, and BAD_USER_INPUT if the reason is invalid.
 */
export async function promoteByPerson(
  database: TransactionalDatabase,
  versionId: number | undefined,
  reason?: string | null,
): Promise<ModelVersionSummary> {
  checkReason(reason);
  return database.$transaction(async (transaction) => {
    const found = await versionToPromote(transaction, versionId);
    const previousVersionId = await lockActiveVersion(transaction, found.taskKind);
    // Another process may have deleted it while this one waited for the lock.
    const version = await versionToPromote(transaction, found.id);
    if (previousVersionId === version.id) return version;
    await decide(transaction, version, {
      promoted: true,
      previousVersionId,
      decidedBy: 'PERSON',
      reason: reason?.trim() || 'Promoted manually.',
    });
    return version;
  }, deciding);
}

/**
 * Undoes the promotion of the active version: the version before it that `isUsable` accepts becomes active again, and is
 * returned. A second rollback undoes the promotion before that one; it never returns to the newer version. If there is
 * none before it, no version is active any more, and `null` is returned. Throws MODEL_VERSION_NOT_FOUND if no version is
 * active, and BAD_USER_INPUT if the reason is invalid.
 */
export async function rollBack(
  database: TransactionalDatabase,
  taskKind: TaskKind,
  reason?: string | null,
  isUsable: (versionId: number) => Promise<boolean> = async () => true,
): Promise<ModelVersionSummary | null> {
  checkReason(reason);
  // Loading versions takes long, so it comes before the lock.
  const unusable = await latestUnusable(database, taskKind, isUsable);
  return database.$transaction(async (transaction) => {
    const activeId = await lockActiveVersion(transaction, taskKind);
    const active = activeId === null ? null : await findVersion(transaction, activeId);
    if (!active) throw noneActive(taskKind);
    const earlier = await earlierVersions(transaction, taskKind, active.id);
    const beforeId = earlier.find((versionId) => !unusable.has(versionId));
    const before = beforeId === undefined ? null : await findVersion(transaction, beforeId);
    const decision = {
      rollback: true,
      previousVersionId: active.id,
      decidedBy: 'PERSON',
      reason: reason?.trim() || 'Rolled back manually.',
    } as const;
    if (before) await decide(transaction, before, { ...decision, promoted: true });
    else await deactivate(transaction, active, decision);
    return before;
  }, deciding);
}

function noneActive(taskKind: TaskKind): WarmstartError {
  return new WarmstartError(
    'MODEL_VERSION_NOT_FOUND',
    `taskKind: no version of ${taskKind} tasks is active, so there is nothing to roll back; promote one instead`,
    { field: ['taskKind'] },
  );
}

/** Returns the decisions on each version, the latest first, in the order of the IDs. */
export async function decisionsOfVersions(
  database: Database,
  versionIds: readonly number[],
): Promise<PromotionDecision[][]> {
  const decisions = await database.promotionDecision.findMany({
    where: { modelVersionId: { in: [...versionIds] } },
    orderBy: { id: 'desc' },
  });
  return versionIds.map((id) => decisions.filter(({ modelVersionId }) => modelVersionId === id));
}

/** Returns whether each version is active. */
export async function areActive(database: Database, versionIds: readonly number[]): Promise<boolean[]> {
  const rows = await database.activeModel.findMany({ where: { modelVersionId: { in: [...versionIds] } } });
  const active = new Set(rows.map(({ modelVersionId }) => modelVersionId));
  return versionIds.map((id) => active.has(id));
}

/** Sets these advisory locks apart from all others. It is the first key; the second one is the task kind. */
const promotionLocks = 1_886_547_821;
const lockOf: Record<TaskKind, number> = { USER: 1, SCENARIO: 2 };

/**
 * Returns the active version. Until the transaction ends, no other process can replace it or delete any version of its
 * task kind.
 */
export async function lockActiveVersion(transaction: Database, taskKind: TaskKind): Promise<number | null> {
  await transaction.$executeRaw(sql`SELECT pg_advisory_xact_lock(${promotionLocks}::int, ${lockOf[taskKind]}::int)`);
  return activeVersionId(transaction, taskKind);
}

type Decision = Partial<Omit<PromotionDecision, 'id' | 'taskKind' | 'modelVersionId' | 'decidedAt'>> &
  Pick<PromotionDecision, 'promoted' | 'reason' | 'decidedBy' | 'previousVersionId'>;

/** Records a decision. The caller holds the lock, so that decisions have the order of their times. */
async function decide(
  transaction: Database,
  version: ModelVersionSummary,
  decision: Decision,
): Promise<PromotionDecision> {
  const { id: modelVersionId, taskKind } = version;
  const decidedAt = new Date();
  if (decision.promoted) await promoteModelVersion(transaction, version);
  return transaction.promotionDecision.create({
    data: { ...decision, taskKind, modelVersionId, decidedAt },
  });
}

/** Records a rollback after which no version is active: a decision on the version that was active. */
async function deactivate(
  transaction: Database,
  active: ModelVersionSummary,
  decision: Omit<Decision, 'promoted'>,
): Promise<void> {
  await transaction.activeModel.delete({ where: { taskKind: active.taskKind } });
  await decide(transaction, active, { ...decision, promoted: false });
}

async function promotedMeanwhile(
  transaction: Database,
  version: ModelVersionSummary,
  versionId: number,
): Promise<{ readonly incumbent: Incumbent; readonly lists?: Metrics | undefined }> {
  const active = await findVersion(transaction, versionId);
  const stored = active && evaluationOf(active);
  const metrics = stored?.overall.value ?? {};
  if (!stored || Object.keys(metrics).length === 0) return { incumbent: { versionId, obstacle: 'promotedMeanwhile' } };
  const alike = areMeasuredAlike(stored, evaluationOf(version) ?? {});
  if (!alike) return { incumbent: { versionId, obstacle: 'otherTasks' } };
  return { incumbent: { versionId, metrics }, lists: meansOfLists(stored, 'value') };
}

/**
 * Returns the version that a rollback makes active, `undefined` for none: the latest of `earlierVersions`.
 */
export async function versionBefore(
  transaction: Database,
  taskKind: TaskKind,
  activeId: number | null,
): Promise<number | undefined> {
  return (await earlierVersions(transaction, taskKind, activeId))[0];
}

/**
 * Returns the stored versions to which repeated rollbacks return, the first rollback first. Promotions push versions
 * onto a stack and rollbacks pop them; the result is what is below the active version. `previousVersionId` adds versions
 * that were active before decisions were recorded.
 */
export async function earlierVersions(
  database: Database,
  taskKind: TaskKind,
  activeId: number | null,
): Promise<number[]> {
  const decisions = await database.promotionDecision.findMany({
    where: { taskKind, ...changesActive },
    orderBy: { id: 'asc' },
    select: { modelVersionId: true, previousVersionId: true, promoted: true, rollback: true },
  });
  const stack: number[] = [];
  const push = (id: number | null) => {
    if (id !== null && stack.at(-1) !== id) stack.push(id);
  };
  for (const { modelVersionId, previousVersionId, promoted, rollback } of decisions) {
    push(previousVersionId);
    if (!promoted) {
      stack.length = 0;
      continue;
    }
    if (rollback) stack.length = Math.max(stack.lastIndexOf(modelVersionId, -2), 0);
    push(modelVersionId);
  }
  push(activeId);
  const stored = await database.modelVersion.findMany({
    where: { id: { in: stack } },
    select: { id: true },
  });
  const remaining = new Set(stored.map(({ id }) => id));
  const active = stack.at(-1);
  return stack.filter((id) => id !== active && remaining.has(id)).reverse();
}

/** Returns the versions that a rollback must skip: those before the active one, up to the first that is usable. */
async function latestUnusable(
  database: Database,
  taskKind: TaskKind,
  isUsable: (versionId: number) => Promise<boolean>,
): Promise<ReadonlySet<number>> {
  const unusable = new Set<number>();
  for (const versionId of await earlierVersions(database, taskKind, await activeVersionId(database, taskKind))) {
    if (await isUsable(versionId)) break;
    unusable.add(versionId);
  }
  return unusable;
}

async function versionToPromote(transaction: Database, id: number | undefined): Promise<ModelVersionSummary> {
  const version = id === undefined ? null : await findVersion(transaction, id);
  if (version) return version;
  throw notFound('model version', undefined, ['modelVersion']);
}

async function findVersion(database: Database, id: number): Promise<ModelVersionSummary | null> {
  return database.modelVersion.findUnique({ ...summary, where: { id } });
}

function checkReason(reason: string | null | undefined): void {
  if (reason == null) return;
  const problem = textProblem(reason, { max: maxReasonLength });
  if (problem) throw inputError(['reason'], problem);
}
