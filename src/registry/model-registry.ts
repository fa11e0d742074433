import { createHash } from 'node:crypto';
import { WarmstartError } from '../common/errors.ts';
import type { Engine, HostTensors } from '../engine/engine.ts';
import { type FittedField, featureSchema } from '../features/feature-schema.ts';
import type { ModelArtifact, Recommender } from '../models/recommender.ts';
import { loadRecommender } from '../models/recommenders.ts';
import { type Database, type InputJsonValue, type ModelVersion, sql } from '../store/database.ts';
import { inOrder } from '../store/in-order.ts';
import type { TaskKind } from '../tasks/training-data.ts';
import type { DataSnapshot } from './data-snapshot.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
import type { Metrics, VersionEvaluation } from './version-evaluation.ts';

/** A version without its parameters, which are large. */
export type ModelVersionSummary = Omit<ModelVersion, 'parameters' | 'checksum'>;

const bytesPerRead = 256 * 1024;
/** Omits what a summary lacks. */
export const summary = { omit: { parameters: true, checksum: true } } as const;

/** What a training run records of its version besides the model itself. */
export interface VersionRecord {
  readonly evaluation?: VersionEvaluation;
  readonly dataSnapshot?: DataSnapshot;
  /**
   * The version makes the lists of users with at least this many interactions in their support set. 0: also of users
   * without interactions. `null` is the same as 1. Default: `null`. See `servesFromOfLists`.
   */
  readonly servesFrom?: number | null;
}

/**
 * Stores an artifact as a new version, which is inactive until it is promoted. Throws INVALID_DATA if a parameter is not
 * a finite number.
 */
export async function saveModelVersion(
  database: Database,
  taskKind: TaskKind,
  artifact: ModelArtifact,
  metrics: Metrics,
  { evaluation, dataSnapshot, servesFrom = null }: VersionRecord = {},
): Promise<ModelVersionSummary> {
  checkFinite(artifact.parameters);
  const { hash, fields } = artifact.schema;
  // The update locks an existing schema, so that no other process deletes it before the version refers to it.
  await database.$executeRaw(sql`
    INSERT INTO feature_schemas AS stored (hash, fields) VALUES (${hash}, ${JSON.stringify(fields)}::jsonb)
    ON CONFLICT (hash) DO UPDATE SET created_at = stored.created_at`);
  const parameters = encodeSafetensors(artifact.parameters);
  return database.modelVersion.create({
    ...summary,
    data: {
      taskKind,
      kind: artifact.kind,
      config: artifact.config as InputJsonValue,
      parameters,
      checksum: createHash('sha256').update(parameters).digest(),
      metrics,
      servesFrom,
      ...(evaluation && { evaluation }),
      ...(dataSnapshot && { dataSnapshot: { ...dataSnapshot, takenAt: dataSnapshot.takenAt.toISOString() } }),
      featureSchemaHash: hash,
    },
  });
}

/**
 * Makes a version the active one of its task kind, in one statement: a reader sees either the old version or the new
 * one.
 */
export async function promoteModelVersion(database: Database, { id, taskKind }: ModelVersionSummary): Promise<void> {
  const promoted = { modelVersionId: id, promotedAt: new Date() };
  await database.activeModel.upsert({
    where: { taskKind },
    create: { taskKind, ...promoted },
    update: promoted,
  });
}

/** Returns summaries in the order of the IDs, with `null` for an unknown ID. */
export async function modelVersionsById(
  database: Database,
  ids: readonly number[],
): Promise<(ModelVersionSummary | null)[]> {
  return inOrder(ids, await database.modelVersion.findMany({ ...summary, where: { id: { in: [...ids] } } }));
}

/**
 * Returns the kind of task of a version, and the number of interactions from which it makes lists, 1 if the version does
 * not say; `undefined` if the version does not exist.
 */
export async function servedVersion(
  database: Database,
  id: number,
): Promise<{ readonly taskKind: TaskKind; readonly servesFrom: number } | undefined> {
  const select = { taskKind: true, servesFrom: true };
  const version = await database.modelVersion.findUnique({ where: { id }, select });
  return version ? { taskKind: version.taskKind, servesFrom: version.servesFrom ?? 1 } : undefined;
}

/** Returns a version's recommender, ready to score on `engine`. Throws INVALID_DATA if the version does not exist. */
export async function loadModelVersion(database: Database, id: number, engine: Engine): Promise<Recommender> {
  return loadRecommender(await readArtifact(database, id), engine);
}

/**
 * Returns a version as training made it. Throws INVALID_DATA if it does not exist, if it does not match its feature
 * schema, or if its parameters have changed since they were stored.
 */
export async function readArtifact(database: Database, id: number): Promise<ModelArtifact> {
  const version = await database.modelVersion.findUnique({
    omit: { parameters: true },
    where: { id },
    include: { featureSchema: true },
  });
  if (!version) throw new WarmstartError('INVALID_DATA', `there is no model version ${id}`);
  const schema = featureSchema(version.featureSchema.fields as unknown as FittedField[]);
  if (schema.hash !== version.featureSchemaHash) {
    throw new WarmstartError(
      'INVALID_DATA',
      `model version ${id} was trained on the feature schema ${version.featureSchemaHash}, but the stored schema has the hash ${schema.hash}`,
    );
  }
  const { kind, config, checksum } = version;
  return { kind, config, schema, parameters: decodeSafetensors(await readParameters(database, { id, checksum })) };
}

/**
 * Returns at most `limit` versions whose IDs are smaller than `before`, the latest first, of one task kind or of all.
 */
export async function listModelVersions(
  database: Database,
  { limit, before, taskKind }: { limit: number; before?: number | undefined; taskKind?: TaskKind | undefined },
): Promise<ModelVersionSummary[]> {
  return database.modelVersion.findMany({
    ...summary,
    where: { ...(before !== undefined && { id: { lt: before } }), ...(taskKind && { taskKind }) },
    orderBy: { id: 'desc' },
    take: limit,
  });
}

/** Returns the ID of a task kind's active version, or `null` if there is none. */
export async function activeVersionId(database: Database, taskKind: TaskKind): Promise<number | null> {
  const active = await database.activeModel.findUnique({ where: { taskKind } });
  return active?.modelVersionId ?? null;
}

function checkFinite(parameters: HostTensors): void {
  for (const [name, { data }] of Object.entries(parameters)) {
    const wrong = data.find((value) => !Number.isFinite(value));
    if (wrong !== undefined)
      throw new WarmstartError(
        'INVALID_DATA',
        `expected parameters that are finite numbers, got ${wrong} in "${name}"`,
      );
  }
}

/** Reads the parameters in parts, because decoding megabytes at once would delay other requests. */
async function readParameters(
  database: Database,
  { id, checksum }: Pick<ModelVersion, 'id' | 'checksum'>,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const hash = createHash('sha256');
  for (let start = 1; ; start += bytesPerRead) {
    const [row] = await database.$queryRaw<{ part: Uint8Array }[]>(
      sql`SELECT substring(parameters FROM ${start}::int FOR ${bytesPerRead}::int) AS part FROM model_versions WHERE id = ${id}`,
    );
    const part = row?.part ?? new Uint8Array();
    parts.push(part);
    hash.update(part);
    if (part.length < bytesPerRead) break;
  }
  if (hash.digest().equals(checksum)) return Buffer.concat(parts);
  throw new WarmstartError(
    'INVALID_DATA',
    `the parameters of model version ${id} do not match their checksum, so they have changed since training stored them`,
  );
}
