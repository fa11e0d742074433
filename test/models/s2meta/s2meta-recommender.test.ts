import { describe, expect, test } from '@jest/globals';
import type { EngineName } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import type { S2MetaConfigInput } from '../../../src/models/s2meta/s2meta-config.ts';
import { loadS2Meta } from '../../../src/models/s2meta/s2meta-recommender.ts';
import { weightsOf } from '../cmml/reference-weights.ts';
import { schema } from '../cmml/small-cmml.ts';
import { adapt, expectAllClose, itemRows, type Rated, scoresOf, userRow } from '../cmml/small-recommender.ts';
import { catalog } from '../dcn/small-dcn.ts';
import { smallEpisodes } from '../small-episodes.ts';
import { ReferenceS2Meta } from './reference-s2meta.ts';
import { smallS2Meta } from './small-s2meta.ts';

const everyItem = [0, 1, 2, 3];
/** Stops before the second step, unless four steps are always taken. */
const stopping = { innerSteps: 4, minSteps: 1 };

describe.each(['onnx', 'wasm'] as const)('s²Meta on %s', (name: EngineName) => {
  const load = async (variant: S2MetaConfigInput, stop: number) => {
    const { config, parameters } = smallS2Meta(variant);
    parameters['stop.output.bias']?.data.fill(stop);
    const artifact = { kind: 's2meta', schema, config, parameters };
    const recommender = await loadS2Meta(artifact, await openEngine(name));
    const weights = weightsOf(parameters);
    const reference = new ReferenceS2Meta(config, catalog);
    /** Expects the scores and the number of steps of the reference after these pairs. */
    const expectSteps = async (pairs: readonly Rated[], count: number) => {
      const support = pairs.map((pair) => ({ user: 1, ...pair }));
      const steps = reference.steps(weights, support, new Array<number>(config.innerSteps).fill(0.5));
      expect(steps.filter(({ taken }) => taken)).toHaveLength(count);
      const adaptation = await adapt(recommender, 1, pairs);
      const last = { ...weights, ...steps.at(-1)?.layers };
      expectAllClose(
        await scoresOf(recommender, 1, adaptation, everyItem),
        everyItem.map((item) => reference.score(last, { user: 1, item })),
        3,
      );
      const items = await itemRows(recommender, everyItem);
      const explained = await recommender.explain(adaptation, await userRow(recommender, 1), items);
      expect([...(explained.steps?.data ?? [])]).toEqual(everyItem.map(() => count));
    };
    return { recommender, expectSteps };
  };

  test.each([
    [4, stopping, -5],
    [1, stopping, 5],
    [4, { ...stopping, minSteps: 4 }, 5],
  ])('scores after %i steps like the learned steps in double precision', async (count, variant, stop) => {
    const { recommender, expectSteps } = await load(variant, stop);
    await expectSteps(smallEpisodes.mse.histories[0] as readonly Rated[], count);
    recommender.dispose();
  });

  test.each([
    ['bce', [4, 4, 4, 4]],
    ['hinge', [4, 4, 0, 0]],
    ['bpr', [4, 4, 0, 0]],
  ] as const)('takes the learned steps on the pairs that %s reads, and none without any', async (objective, counts) => {
    const { fields, histories } = smallEpisodes[objective];
    const { recommender, expectSteps } = await load({ ...fields, ...stopping }, -5);
    for (const [at, pairs] of histories.entries()) await expectSteps(pairs, counts[at] as number);
    recommender.dispose();
  });
});
