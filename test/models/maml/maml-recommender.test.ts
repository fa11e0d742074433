import { describe, expect, test } from '@jest/globals';
import { openEngine } from '../../../src/engine/engines.ts';
import { adaptedParts, type MamlConfigInput } from '../../../src/models/maml/maml-config.ts';
import { loadMaml } from '../../../src/models/maml/maml-recommender.ts';
import { objectiveKinds } from '../../../src/models/objectives.ts';
import { weightsOf } from '../cmml/reference-weights.ts';
import { adapt, expectAllClose, itemRows, type Rated, scoresOf, userRow } from '../cmml/small-recommender.ts';
import { catalog } from '../dcn/small-dcn.ts';
import { smallEpisodes } from '../small-episodes.ts';
import { ReferenceMaml } from './reference-maml.ts';
import { smallArtifact, smallMaml } from './small-maml.ts';

const [history] = smallEpisodes.mse.histories as [readonly Rated[]];
const everyItem = [0, 1, 2, 3];
const cases = (['onnx', 'wasm'] as const).flatMap((name) => adaptedParts.map((adapted) => ({ name, adapted })));

describe.each(cases)('MAML that adapts $adapted on $name', ({ name, adapted }) => {
  const load = async (variant: MamlConfigInput = {}) =>
    loadMaml(smallArtifact({ adapted, ...variant }), await openEngine(name));

  test.each(objectiveKinds)(
    'scores like gradient descent in double precision on the mean %s of the pairs that it reads',
    async (objective) => {
      const { fields, histories } = smallEpisodes[objective];
      const variant = { ...fields, adapted, innerSteps: 4 };
      const recommender = await load(variant);
      const { config, parameters } = smallMaml(variant);
      const reference = new ReferenceMaml(config, catalog);
      for (const pairs of histories) {
        const support = pairs.map((pair) => ({ user: 1, ...pair }));
        const weights = reference.adapt(weightsOf(parameters), support);
        expectAllClose(
          await scoresOf(recommender, 1, await adapt(recommender, 1, pairs), everyItem),
          everyItem.map((item) => reference.score(weights, { user: 1, item })),
          3,
        );
      }
      recommender.dispose();
    },
  );

  test('adapts to the latest pairs if there are more than the support limit', async () => {
    const recommender = await load();
    const all = [{ item: 1, label: 2 }, ...history];
    expect((await adapt(recommender, 1, all)).state).toEqual((await adapt(recommender, 1, history)).state);
    recommender.dispose();
  });

  test('explains a score as that of the start and what the steps changed', async () => {
    const recommender = await load();
    const adaptation = await adapt(recommender, 1, history);
    const [user, items] = [await userRow(recommender, 1), await itemRows(recommender, everyItem)];
    const { start, change } = await recommender.explain(adaptation, user, items);
    const before = await scoresOf(recommender, 1, await adapt(recommender, 1, []), everyItem);
    expectAllClose([...(start?.data ?? [])], before);
    const sums = [...(start?.data ?? [])].map((value, item) => value + (change?.data[item] as number));
    expectAllClose(sums, await scoresOf(recommender, 1, adaptation, everyItem));
    recommender.dispose();
  });

  test('compares positives with negatives in any order, and waits for the partner of a positive', async () => {
    const recommender = await load({ objective: 'bpr' });
    const [liked, disliked] = [
      { item: 0, label: 1 },
      { item: 1, label: 0 },
    ] as const;
    const before = await scoresOf(recommender, 0, await adapt(recommender, 0, []), everyItem);
    const alone = await adapt(recommender, 0, [liked]);
    expectAllClose(await scoresOf(recommender, 0, alone, everyItem), before, 5);
    const both = await scoresOf(recommender, 0, await adapt(recommender, 0, [disliked], alone), everyItem);
    expectAllClose(both, await scoresOf(recommender, 0, await adapt(recommender, 0, [disliked, liked]), everyItem), 5);
    const lead = ([first, second]: readonly number[]) => (first as number) - (second as number);
    expect(lead(both)).toBeGreaterThan(lead(before) + 0.01);
    recommender.dispose();
  });
});
