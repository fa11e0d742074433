import { describe, expect, test } from '@jest/globals';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { saveModelVersion } from '../../src/registry/model-registry.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { untrainedModel } from '../support/test-model.ts';

describe('saveModelVersion', () => {
  const db = testDatabase();

  test('stores no parameters that are not finite numbers', async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(2, 4)), { ratingScale: { minimum: 1, maximum: 5 } });
    const { parameters, ...artifact } = await untrainedModel(db.database, 2);
    const [name, tensor] = Object.entries(parameters)[0] as [string, (typeof parameters)[string]];
    tensor.data[0] = Number.POSITIVE_INFINITY;
    await expect(saveModelVersion(db.database, 'USER', { ...artifact, parameters }, {})).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: `expected parameters that are finite numbers, got Infinity in "${name}"`,
    });
    expect(await db.database.modelVersion.count()).toBe(0);
  });
});
