import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EngineName } from '../../../src/engine/engine.ts';
import type { CmmlConfigInput } from '../../../src/models/cmml/cmml-config.ts';
import type { Adaptation, Recommender } from '../../../src/models/recommender.ts';
import { ReferenceRefinement } from './reference-refinement.ts';
import { weightsOf } from './reference-weights.ts';
import { smallModel } from './small-cmml.ts';
import {
  adapt,
  expectAllClose,
  itemRows,
  loadSmall,
  type Rated,
  referenceScores,
  scoresOf,
  userRow,
} from './small-recommender.ts';

const user = 1;
const everyItem = [0, 1, 2, 3];
const ratings: readonly Rated[] = [
  { item: 2, label: 4 },
  { item: 0, label: 1 },
  { item: 3, label: 5 },
];
/** Two positives before one negative: the second positive has no partner. */
const likes: readonly Rated[] = [
  { item: 2, label: 1 },
  { item: 0, label: 1 },
  { item: 3, label: 0 },
];
const refinement = { steps: 3, learningRate: 0.2 };

interface Variant {
  readonly title: string;
  readonly history: readonly Rated[];
  readonly config: CmmlConfigInput;
}

const variants: readonly Variant[] = [
  { title: 'the default', history: ratings, config: {} },
  {
    title: 'no ridge head, one context for all pairs, and generated weights',
    history: ratings,
    config: { ridgeWidth: 0, contextShrinkage: 0, modulation: 'linear', hybrid: 'none' },
  },
  {
    title: 'attention and soft modules',
    history: ratings,
    config: { encoder: 'attention', modulation: 'softModules', hybrid: 'mlp' },
  },
  { title: 'gates', history: ratings, config: { hybrid: 'mlp', modulation: 'sigmoid' } },
  { title: 'a sequential encoder and bce', history: likes, config: { encoder: 'gru', objective: 'bce' } },
  { title: 'a maximum and hinge', history: likes, config: { encoder: 'maxPool', objective: 'hinge' } },
  { title: 'bpr', history: likes, config: { objective: 'bpr' } },
];
const on = (engine: EngineName) => (variant: Variant) => ({ engine, ...variant });
const cases = [...variants.map(on('wasm')), ...variants.slice(0, 2).map(on('onnx'))];

describe.each(cases)('a refined context on $engine with $title', ({ engine, history, config }) => {
  const input = { ...config, refinement, supportLimit: 4 };
  let recommender: Recommender;
  let adaptation: Adaptation;
  beforeAll(async () => {
    recommender = await loadSmall(input, engine);
    adaptation = await adapt(recommender, user, history);
  });
  afterAll(() => recommender.dispose());

  test('gives the scores of gradient descent in double precision', async () => {
    const expected = refinedScores(input, history);
    expectAllClose(await scoresOf(recommender, user, adaptation, everyItem), expected, 3);
    const unrefined = referenceScores(input, user, history, everyItem);
    const changes = expected.map((score, item) => Math.abs(score - (unrefined[item] as number)));
    expect(Math.max(...changes)).toBeGreaterThan(0.005);
  });

  test('is the context that is explained, the same for each item', async () => {
    const items = await itemRows(recommender, everyItem);
    const { context } = await recommender.explain(adaptation, await userRow(recommender, user), items);
    const expected = referenceOf(input).context(history);
    expectAllClose(
      [...(context?.data ?? [])],
      everyItem.flatMap(() => expected),
      3,
    );
  });
});

describe('the refinement of contexts', () => {
  test.each(['mse', 'bce', 'bpr'] as const)(
    'lowers the loss of the support set with each step (%s)',
    async (objective) => {
      const history = objective === 'mse' ? ratings : likes;
      const losses: number[] = [];
      for (const steps of [0, 1, 2, 8]) {
        const input = { objective, refinement: { steps, learningRate: 0.02 } };
        const recommender = await loadSmall(input);
        losses.push(await supportLoss(recommender, input, history));
        recommender.dispose();
      }
      expect(losses.toSorted((a, b) => b - a)).toEqual(losses);
      expect(losses.at(-1)).toBeLessThan((losses[0] as number) - 0.001);
    },
  );

  test('leaves a task without support pairs as it is', async () => {
    const recommender = await loadSmall({ refinement });
    const scores = await scoresOf(recommender, user, await adapt(recommender, user, []), everyItem);
    expectAllClose(scores, referenceScores({}, user, [], everyItem));
    recommender.dispose();
  });

  test('waits for the partner of a positive if the objective compares pairs', async () => {
    const recommender = await loadSmall({ objective: 'bpr', refinement });
    const [liked, , disliked] = likes as [Rated, Rated, Rated];
    const alone = await adapt(recommender, user, [liked]);
    expectAllClose(
      await scoresOf(recommender, user, alone, everyItem),
      referenceScores({ objective: 'bpr' }, user, [liked], everyItem),
    );
    const both = await adapt(recommender, user, [disliked], alone);
    const expected = refinedScores({ objective: 'bpr', refinement }, [liked, disliked]);
    expectAllClose(await scoresOf(recommender, user, both, everyItem), expected, 3);
    recommender.dispose();
  });

  test('reads the latest pairs if there are more than the support limit', async () => {
    const recommender = await loadSmall({ supportLimit: 3, refinement });
    const all = [{ item: 1, label: 2 }, ...ratings];
    expect((await adapt(recommender, user, all)).state).toEqual((await adapt(recommender, user, ratings)).state);
    recommender.dispose();
  });
});

function referenceOf(input: CmmlConfigInput) {
  const { config, parameters } = smallModel(input);
  const reference = new ReferenceRefinement(config);
  const weights = weightsOf(parameters);
  const pairs = (history: readonly Rated[]) => history.map((pair) => ({ user, ...pair }));
  return {
    context: (history: readonly Rated[]) => reference.context(weights, pairs(history)),
    score: (item: number, history: readonly Rated[]) => reference.score(weights, { user, item }, pairs(history)),
    loss: (history: readonly Rated[], scores: readonly number[]) =>
      reference.loss(pairs(history), ({ item }) => scores[item] as number),
  };
}

function refinedScores(input: CmmlConfigInput, history: readonly Rated[]): number[] {
  const reference = referenceOf(input);
  return everyItem.map((item) => reference.score(item, history));
}

/** Returns the loss of the scores that a recommender gives the pairs that it has adapted to. */
async function supportLoss(
  recommender: Recommender,
  input: CmmlConfigInput,
  history: readonly Rated[],
): Promise<number> {
  const scores = await scoresOf(recommender, user, await adapt(recommender, user, history), everyItem);
  return referenceOf(input).loss(history, scores);
}
