import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { objectiveKinds } from '../../../src/models/objectives.ts';
import type { Recommender } from '../../../src/models/recommender.ts';
import { decoderModulationKinds } from '../../../src/models/tanp/tanp-config.ts';
import { loadTanp } from '../../../src/models/tanp/tanp-recommender.ts';
import { weightsOf } from '../cmml/reference-weights.ts';
import { adapt, expectAllClose, itemRows, scoresOf, userRow } from '../cmml/small-recommender.ts';
import { smallEpisodes } from '../small-episodes.ts';
import { type Rated, ReferenceTanp } from './reference-tanp.ts';
import { catalog, smallArtifact, smallTanp } from './small-tanp.ts';

const candidates = [3, 1, 0, 2, 1];
const history: readonly Rated[] = [
  { item: 2, label: 5 },
  { item: 0, label: 1 },
  { item: 3, label: 4 },
];

describe.each(decoderModulationKinds)('TaNP with %s', (modulation) => {
  const { config, parameters } = smallTanp({ modulation });
  const reference = new ReferenceTanp(config, catalog);
  const weights = weightsOf(parameters);
  const load = async (name: 'onnx' | 'wasm') => loadTanp(smallArtifact({ modulation }), await openEngine(name));

  describe.each(['onnx', 'wasm'] as const)('on %s', (name) => {
    test.each([0, 1, 3])('matches the paper in scores and explanations after %i pairs', async (count) => {
      const recommender = await load(name);
      const support = { user: 1, pairs: history.slice(0, count) };
      const adaptation = await adapt(recommender, 1, support.pairs);
      expectAllClose(
        await scoresOf(recommender, 1, adaptation, candidates),
        candidates.map((item) => reference.score(weights, support, item)),
      );
      const explained = await recommender.explain(
        adaptation,
        await userRow(recommender, 1),
        await itemRows(recommender, candidates),
      );
      const repeated = (row: readonly number[]) => candidates.flatMap(() => row);
      const numbers = (part: string) => [...(explained[part]?.data ?? [])];
      expectAllClose(numbers('context'), repeated(reference.context(weights, support)));
      expectAllClose(numbers('latent'), repeated(reference.latent(weights, support).mean));
      expectAllClose(numbers('clusters'), repeated(reference.clusters(weights, support)));
      recommender.dispose();
    });
  });

  test('has a state of zeros without pairs, and a state that does not depend on the order of the pairs', async () => {
    const recommender: Recommender = await load('wasm');
    const nothing = await adapt(recommender, 1, []);
    expect(nothing.state.every((value) => value === 0)).toBe(true);
    const forwards = await adapt(recommender, 1, history);
    const backwards = await adapt(recommender, 1, history.toReversed());
    expectAllClose([...backwards.state], [...forwards.state], 5);
    recommender.dispose();
  });
});

describe.each(objectiveKinds)('TaNP with %s', (objective) => {
  test.each(['onnx', 'wasm'] as const)('on %s reads support pairs whether or not they have a partner', async (name) => {
    const { fields, histories } = smallEpisodes[objective];
    const { config, parameters } = smallTanp(fields);
    const reference = new ReferenceTanp(config, catalog);
    const recommender = await loadTanp(smallArtifact(fields), await openEngine(name));
    for (const pairs of histories) {
      expectAllClose(
        await scoresOf(recommender, 1, await adapt(recommender, 1, pairs), candidates),
        candidates.map((item) => reference.score(weightsOf(parameters), { user: 1, pairs }, item)),
      );
    }
    recommender.dispose();
  });
});
