import type { ModelArtifact } from '../models/recommender.ts';
import type { DataSnapshot } from '../registry/data-snapshot.ts';
import { type ModelVersionSummary, saveModelVersion } from '../registry/model-registry.ts';
import { promoteByRule } from '../registry/promotion.ts';
import type { Database, PromotionDecision, TransactionalDatabase } from '../store/database.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { VersionMeasurement } from './measure-version.ts';

export interface PublishVersionRequest {
  readonly taskKind: TaskKind;
  readonly artifact: ModelArtifact;
  readonly measurement: VersionMeasurement;
  readonly dataSnapshot: DataSnapshot;
  /** How much worse than the best that served since a person chose the new one may be and still serve, as a share. */
  readonly promotionMargin: number;
  /** Records in the same transaction that the training made this version; throws where it must not any more. */
  readonly finish: (transaction: Database, versionId: number) => Promise<void>;
}

export interface PublishedVersion {
  readonly version: ModelVersionSummary;
  readonly decision: PromotionDecision;
}

/** Milliseconds; parameters are megabytes. */
const publishing = { maxWait: 30_000, timeout: 60_000 };

/** Stores a version, the end of its training and the decision whether it serves, all at once: a version that serves has a run that succeeded. */
export function publishVersion(
  database: TransactionalDatabase,
  { taskKind, artifact, measurement, dataSnapshot, promotionMargin, finish }: PublishVersionRequest,
): Promise<PublishedVersion> {
  const { metrics, evaluation, incumbent } = measurement;
  return database.$transaction(async (transaction) => {
    const version = await saveModelVersion(transaction, taskKind, artifact, metrics, {
      evaluation,
      dataSnapshot,
    });
    await finish(transaction, version.id);
    const rule = { metrics, measured: incumbent, margin: promotionMargin };
    return { version, decision: await promoteByRule(transaction, version, rule) };
  }, publishing);
}
