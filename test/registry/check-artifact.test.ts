import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import type { ModelArtifact } from '../../src/models/recommender.ts';
import { checkArtifact, checkVersion, isUsable } from '../../src/registry/check-artifact.ts';
import { readArtifact, saveModelVersion } from '../../src/registry/model-registry.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { untrainedModel } from '../support/test-model.ts';

describe('the check of a model before it becomes active', () => {
  const db = testDatabase();
  let engine: Engine;
  let artifact: ModelArtifact;

  beforeAll(async () => {
    engine = await openEngine('wasm');
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 12)), { ratingScale: { minimum: 1, maximum: 5 } });
    artifact = await untrainedModel(db.database, 1);
  });
  const save = async (changed = artifact) => (await saveModelVersion(db.database, 'USER', changed, {})).id;
  /** Returns the model with all of its parameters replaced. */
  const filledWith = (value: number): ModelArtifact => ({
    ...artifact,
    parameters: Object.fromEntries(
      Object.entries(artifact.parameters).map(([name, { dtype, shape, data }]) => [
        name,
        { dtype, shape, data: data.map(() => value) },
      ]),
    ) as ModelArtifact['parameters'],
  });
  const check = (versionId: number) => checkVersion(db.database, engine, versionId);

  test('accepts a model that scores the stored items', async () => {
    await checkArtifact(db.database, engine, artifact);
    const version = await save();
    await check(version);
    expect(await isUsable(db.database, engine, version)).toBe(true);
  });

  test('refuses a version that gives all items the same score', async () => {
    const version = await save(filledWith(0));
    await expect(check(version)).rejects.toMatchObject({
      code: 'MODEL_VERSION_UNUSABLE',
      field: ['modelVersion'],
      message: `modelVersion: model version ${version} cannot make lists: the model gives the same score to all of 12 items`,
    });
    expect(await isUsable(db.database, engine, version)).toBe(false);
  });

  test('refuses a version whose scores are too large to be numbers', async () => {
    await expect(check(await save(filledWith(3e38)))).rejects.toMatchObject({ code: 'MODEL_VERSION_UNUSABLE' });
  });

  test('refuses a version whose parameters have changed since they were stored', async () => {
    const version = await save();
    await db.pool.query(
      'UPDATE model_versions SET parameters = set_byte(parameters, 900, 255 - get_byte(parameters, 900)) WHERE id = $1',
      [version],
    );
    await expect(readArtifact(db.database, version)).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(check(version)).rejects.toThrow(
      `the parameters of model version ${version} do not match their checksum`,
    );
  });

  test('says that a version does not exist', async () => {
    await expect(check(2_000_000_000)).rejects.toMatchObject({ code: 'MODEL_VERSION_NOT_FOUND' });
  });
});
