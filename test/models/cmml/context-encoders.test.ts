import { describe, expect, test } from '@jest/globals';
import type { HostTensor } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor, scalarTensor } from '../../../src/engine/host-tensor.ts';
import { contextEncoderKinds } from '../../../src/models/cmml/cmml-config.ts';
import { foldFunction } from '../../../src/models/cmml/cmml-serving-functions.ts';
import { pairsPerFold, stateWidth } from '../../../src/models/cmml/task-context.ts';
import { pairWidth } from '../../../src/models/embedding/pair-embedding.ts';
import { schema, smallModel } from './small-cmml.ts';
import { adapt, expectAllClose, loadSmall, type Rated, referenceScores, scoresOf } from './small-recommender.ts';

const history: Rated[] = [
  { item: 2, label: 4 },
  { item: 0, label: 1 },
  { item: 3, label: 5 },
];
const candidates = [3, 1, 0, 2];
/** More pairs than one call of the serving function takes with `gru`. */
const longHistory = Array.from({ length: 37 }, (_, index) => ({ item: index % 4, label: (index * 7) % 6 }));

describe.each(contextEncoderKinds)('the context encoder %s', (encoder) => {
  test.each(['wasm', 'onnx'] as const)('on %s gives the same result in parts and at once', async (name) => {
    const recommender = await loadSmall({ encoder }, name);
    const together = await adapt(recommender, 1, longHistory);
    const first = await adapt(recommender, 1, longHistory.slice(0, 1));
    const second = await adapt(recommender, 1, longHistory.slice(1, 20), first);
    const third = await adapt(recommender, 1, longHistory.slice(20), second);
    expect(third.pairs).toBe(longHistory.length);
    expectAllClose([...third.state], [...together.state]);
    const scores = await scoresOf(recommender, 1, together, candidates);
    expectAllClose(scores, referenceScores({ encoder }, 1, longHistory, candidates));
    recommender.dispose();
  });

  test.each(['wasm', 'onnx'] as const)('on %s ignores masked pairs in any place', async (name) => {
    const { config, parameters } = smallModel({ encoder });
    const { fn, inputs } = foldFunction(config, schema);
    const compiled = await (await openEngine(name)).compile({ fn, inputs, parameters });
    const fixed = pairsPerFold(config);
    const room = typeof fixed === 'number' ? fixed : 5;
    const width = pairWidth(config, schema) / 2;
    const fold = async (state: Float32Array, count: number, counted: readonly number[]) => {
      const places = Array.from({ length: room }, (_, place) => place);
      const ofPlace = (place: number, unit: number) =>
        // The values of a place depend on its rank among the unmasked places.
        Math.sin(counted.includes(place) ? 1 + counted.indexOf(place) * 5 + unit : 40 * place + unit);
      const vectors = Float32Array.from(places.flatMap((place) => units.map((unit) => ofPlace(place, unit))));
      const { folded } = await compiled.run({
        state: floatTensor([state.length], state),
        count: scalarTensor(count),
        users: floatTensor([room, width], vectors),
        items: floatTensor([room, width], vectors.map(Math.cos)),
        labels: floatTensor(
          [room],
          Float32Array.from(places, (place) => ofPlace(place, 9)),
        ),
        mask: floatTensor(
          [room],
          Float32Array.from(places, (place) => (counted.includes(place) ? 1 : 0)),
        ),
      });
      return [...dataOf(folded)];
    };
    const units = Array.from({ length: width }, (_, unit) => unit);
    const empty = new Float32Array(stateWidth(config, schema));
    expect((await fold(empty, 0, [])).map(Math.abs)).toEqual([...empty]);
    const some = await fold(empty, 0, [0, 1]);
    expectAllClose(await fold(empty, 0, [1, 3]), some, 5);
    expectAllClose(await fold(Float32Array.from(some), 2, []), some, 5);
    compiled.dispose();
  });

  test('scores for users without history, with and without shrinkage', async () => {
    for (const contextShrinkage of [0, 2]) {
      const recommender = await loadSmall({ encoder, contextShrinkage });
      const scores = await scoresOf(recommender, 0, await adapt(recommender, 0, []), candidates);
      expectAllClose(scores, referenceScores({ encoder, contextShrinkage }, 0, [], candidates));
      recommender.dispose();
    }
  });

  test('shrinks the context of few pairs, and equals the context of the paper without shrinkage', async () => {
    for (const contextShrinkage of [0, 2]) {
      const recommender = await loadSmall({ encoder, contextShrinkage });
      const adaptation = await adapt(recommender, 0, history);
      const expected = referenceScores({ encoder, contextShrinkage }, 0, history, candidates);
      expectAllClose(await scoresOf(recommender, 0, adaptation, candidates), expected);
      recommender.dispose();
    }
  });

  test.each([
    ['as it is', []],
    ['through one layer', [3]],
    ['through three', [3, 4, 2]],
  ])('reads the label %s', async (_, labelWidths) => {
    const recommender = await loadSmall({ encoder, labelWidths });
    const scores = await scoresOf(recommender, 1, await adapt(recommender, 1, history), candidates);
    expectAllClose(scores, referenceScores({ encoder, labelWidths }, 1, history, candidates));
    recommender.dispose();
  });
});

describe('the context encoders', () => {
  test.each(['meanPool', 'maxPool', 'attention'] as const)(
    '%s does not depend on the order of pairs',
    async (encoder) => {
      const { forwards, backwards } = await inBothOrders(encoder);
      expectAllClose(backwards, forwards);
    },
  );

  test('gru depends on the order of pairs', async () => {
    const { forwards, backwards } = await inBothOrders('gru');
    const differences = forwards.map((value, unit) => Math.abs(value - (backwards[unit] as number)));
    expect(Math.max(...differences)).toBeGreaterThan(0.01);
  });

  test('attention stays finite for arbitrarily large inputs', async () => {
    const recommender = await loadSmall({ encoder: 'attention', labels: { mean: 0, deviation: 1e-6 } });
    const scores = await scoresOf(recommender, 1, await adapt(recommender, 1, longHistory), candidates);
    for (const score of scores) expect(Number.isFinite(score)).toBe(true);
    recommender.dispose();
  });
});

async function inBothOrders(
  encoder: (typeof contextEncoderKinds)[number],
): Promise<{ forwards: number[]; backwards: number[] }> {
  const recommender = await loadSmall({ encoder });
  const forwards = await adapt(recommender, 0, history);
  const backwards = await adapt(recommender, 0, history.toReversed());
  recommender.dispose();
  return { forwards: [...forwards.state], backwards: [...backwards.state] };
}

function dataOf(tensor: HostTensor | undefined): Float32Array {
  return (tensor as HostTensor).data as Float32Array;
}
