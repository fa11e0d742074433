import { declaredFields } from '../catalog/feature-fields.ts';
import { inputError, notFound, WarmstartError } from '../common/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { encodeEntities } from '../features/encode-features.ts';
import { readableFeatures } from '../features/readable-features.ts';
import { probedItems, probeModel } from '../models/probe-model.ts';
import type { ModelArtifact } from '../models/recommender.ts';
import { loadRecommender } from '../models/recommenders.ts';
import { type Database, sql } from '../store/database.ts';
import { isDatabaseError } from '../store/is-database-error.ts';
import { readArtifact } from './model-registry.ts';

/**
 * Loads a model and scores the most popular of the stored items with it. Throws INVALID_DATA with the reason if that
 * fails, see `probeModel`.
 */
export async function checkArtifact(database: Database, engine: Engine, artifact: ModelArtifact): Promise<void> {
  const stored = await database.$queryRaw<{ id: string; features: unknown }[]>(sql`
    SELECT external_id AS id, features FROM items LEFT JOIN item_popularity ON item_id = items.id
    ORDER BY coalesce(positives, 0) DESC, items.id LIMIT ${probedItems}::int`);
  const recommender = await loadRecommender(artifact, engine);
  const { schema } = recommender;
  const readFeatures = readableFeatures(await declaredFields(database), 'item');
  const items = stored.map(({ id, features }) => ({ id, features: readFeatures(id, features) }));
  try {
    const user = await recommender.embedUsers(encodeEntities(schema, 'user', [{ id: '', features: {} }]));
    await probeModel(recommender, user, await recommender.embedItems(encodeEntities(schema, 'item', items)));
  } finally {
    recommender.dispose();
  }
}

/**
 * Checks a stored version like `checkArtifact`, before it becomes active. Throws MODEL_VERSION_UNUSABLE with the reason
 * if the version must not make lists, and MODEL_VERSION_NOT_FOUND if it does not exist.
 */
export async function checkVersion(database: Database, engine: Engine, versionId: number): Promise<void> {
  const exists = await database.modelVersion.count({ where: { id: versionId } });
  if (exists === 0) throw notFound('model version', undefined, ['modelVersion']);
  try {
    await checkArtifact(database, engine, await readArtifact(database, versionId));
  } catch (error) {
    if (isDatabaseError(error)) throw error;
    throw inputError(
      ['modelVersion'],
      `model version ${versionId} cannot make lists: ${(error as Error).message}`,
      'MODEL_VERSION_UNUSABLE',
    );
  }
}

/** Returns whether `checkVersion` accepts a version. */
export async function isUsable(database: Database, engine: Engine, versionId: number): Promise<boolean> {
  try {
    await checkVersion(database, engine, versionId);
    return true;
  } catch (error) {
    if (error instanceof WarmstartError) return false;
    throw error;
  }
}
