import { beforeAll, describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { openEngine } from '../../src/engine/engines.ts';
import { type EncodedFeatures, encodeFeatures } from '../../src/features/encode-features.ts';
import type { EntityKind, FeatureSchema } from '../../src/features/feature-schema.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { type ExportedModel, exportModelVersion } from '../../src/registry/export-model-version.ts';
import { loadModelVersion, saveModelVersion } from '../../src/registry/model-registry.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';
import { untrainedModel } from '../support/test-model.ts';

describe('an exported model version', () => {
  const db = testDatabase();
  let files: ExportedModel;
  let versionId: number;

  beforeAll(async () => {
    const catalog = smallCatalog(2, 6);
    await loadDataset(db.pool, smallDataset(catalog), { ratingScale: { minimum: 1, maximum: 5 } });
    versionId = (await saveModelVersion(db.database, 'USER', await untrainedModel(db.database, 5), {})).id;
    files = await exportModelVersion(db.database, versionId);
  });

  test('has one file for each function, and the feature schema', () => {
    expect([...files.keys()]).toEqual([
      'embedUsers.onnx',
      'embedItems.onnx',
      'fold.onnx',
      'score.onnx',
      'explain.onnx',
      'feature-schema.json',
    ]);
  });

  test('adapts and scores in plain ONNX Runtime like the recommender on another engine', async () => {
    const schema: FeatureSchema = JSON.parse(new TextDecoder().decode(files.get('feature-schema.json')));
    const { users, items } = smallCatalog(2, 6);
    const encode = (entity: EntityKind, records: typeof users) =>
      encodeFeatures(
        schema,
        entity,
        records.map(({ features }) => features),
      );
    const ratings = [5, 1];

    const user = await run('embedUsers.onnx', encoded(encode('user', users.slice(0, 1))), 'embeddings');
    const rows = await run('embedItems.onnx', encoded(encode('item', items)), 'embeddings');
    const width = rows.length / items.length;
    const rated = rows.slice(0, ratings.length * width);
    const recommender = await loadModelVersion(db.database, versionId, await openEngine('cpu'));
    const userRow = { rows: 1, width: user.length, data: user };
    const atOnce = await recommender.adapt({
      users: userRow,
      items: { rows: ratings.length, width, data: rated },
      labels: Float32Array.from(ratings),
    });
    const state = await run(
      'fold.onnx',
      {
        state: floats(new Float32Array(atOnce.state.length)),
        count: new Tensor('float32', [0], []),
        users: new Tensor('float32', Float32Array.of(...user, ...user), [2, user.length]),
        items: new Tensor('float32', rated, [2, width]),
        labels: floats(Float32Array.from(ratings)),
        mask: floats(Float32Array.of(1, 1)),
      },
      'folded',
    );
    const scores = await run(
      'score.onnx',
      {
        state: floats(state),
        count: new Tensor('float32', [2], []),
        user: floats(user),
        items: new Tensor('float32', rows, [items.length, width]),
      },
      'scores',
    );
    const expected = await recommender.score(atOnce, userRow, { rows: items.length, width, data: rows });
    recommender.dispose();
    expect(scores).toHaveLength(items.length);
    for (const [item, score] of expected.entries()) expect(scores[item]).toBeCloseTo(score, 4);
    expect(new Set(scores).size).toBeGreaterThan(1);
  });

  test('does not exist for an unknown version', async () => {
    await expect(exportModelVersion(db.database, 999)).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });

  test('refuses a model without functions', async () => {
    const { schema } = await untrainedModel(db.database, 5);
    const artifact = { kind: 'itemPopularity', config: {}, schema, parameters: {} };
    const { id } = await saveModelVersion(db.database, 'SCENARIO', artifact, {});
    await expect(exportModelVersion(db.database, id)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('of kind "itemPopularity", which has none; choose another version'),
    });
  });

  async function run(file: string, feeds: Record<string, Tensor>, output: string): Promise<Float32Array> {
    const session = await InferenceSession.create(files.get(file) as Uint8Array);
    const results = await session.run(feeds);
    await session.release();
    return results[output]?.data as Float32Array;
  }
});

function floats(data: Float32Array): Tensor {
  return new Tensor('float32', data, [data.length]);
}

function encoded({ rows, slots, indices, weights }: EncodedFeatures): Record<string, Tensor> {
  return {
    indices: new Tensor('int32', indices, [rows, slots]),
    weights: new Tensor('float32', weights, [rows, slots]),
  };
}
