import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { dcnServingFunctions, loadDcn } from '../../../src/models/dcn/dcn-recommender.ts';
import type { Adaptation } from '../../../src/models/recommender.ts';
import { weightsOf } from '../cmml/reference-weights.ts';
import { encodedItems } from '../cmml/small-cmml.ts';
import { adapt, expectAllClose, itemRows, scoresOf, userRow } from '../cmml/small-recommender.ts';
import { ReferenceDcn } from './reference-dcn.ts';
import { catalog, smallArtifact, smallDcn } from './small-dcn.ts';

const labels = { mean: 3, deviation: 1.5 };
const candidates = [3, 1, 0, 2, 1];
const nothing: Adaptation = { state: new Float32Array(), pairs: 0 };

describe.each([null, 3])('DCN with projectionWidth %s', (projectionWidth) => {
  const variant = { projectionWidth, labels };
  const { config, parameters } = smallDcn(variant);
  const reference = new ReferenceDcn(config, catalog);

  test.each(['onnx', 'wasm'] as const)('matches the reference in scores and explanations on %s', async (name) => {
    const recommender = await loadDcn(smallArtifact(variant), await openEngine(name));
    const expected = candidates.map((item) => reference.contributions(weightsOf(parameters), { user: 1, item }));
    const scores = await scoresOf(recommender, 1, nothing, candidates);
    expectAllClose(
      scores,
      expected.map(({ cross, deep, bias }) => cross + deep + bias),
    );
    const items = await itemRows(recommender, candidates);
    const explained = await recommender.explain(nothing, await userRow(recommender, 1), items);
    for (const part of ['cross', 'deep', 'bias'] as const) {
      expectAllClose(
        [...(explained[part]?.data ?? [])],
        expected.map((contributions) => contributions[part]),
      );
    }
    recommender.dispose();
  });
});

describe('plain DCN', () => {
  test('does not adapt: its state is empty and its scores do not change', async () => {
    const recommender = await loadDcn(smallArtifact({}), await openEngine('wasm'));
    const adaptation = await adapt(recommender, 0, [{ item: 2, label: 5 }]);
    expect(adaptation).toEqual({ state: new Float32Array(), pairs: 1 });
    const all = [...Array(encodedItems.rows).keys()];
    expect(await scoresOf(recommender, 0, adaptation, all)).toEqual(
      await scoresOf(recommender, 0, await adapt(recommender, 0, []), all),
    );
    recommender.dispose();
  });

  test('has no fine-tuning function, unlike DCN-F', () => {
    expect(Object.keys(dcnServingFunctions(smallArtifact({})))).toEqual([
      'embedUsers',
      'embedItems',
      'score',
      'explain',
    ]);
    expect(Object.keys(dcnServingFunctions(smallArtifact({ fineTuning: { steps: 1 } })))).toContain('fineTune');
  });
});
