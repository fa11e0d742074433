import { describe, expect, test } from '@jest/globals';
import { adapt, expectAllClose, loadSmall, referenceScores, scoresOf } from './small-recommender.ts';
import { combinations } from './variants.ts';

const history = [
  { item: 2, label: 4 },
  { item: 0, label: 1 },
  { item: 3, label: 5 },
];
const candidates = [3, 1, 0, 2, 1];

test('there are 48 combinations of encoder, hybrid and modulation', () => {
  expect(combinations).toHaveLength(48);
});

describe.each(['wasm', 'onnx'] as const)('on %s', (name) => {
  test.each(combinations)(
    '$encoder, $hybrid and $modulation match the equations of the paper after 0, 1 and 3 interactions',
    async (variant) => {
      const recommender = await loadSmall(variant, name);
      for (const pairs of [[], history.slice(0, 1), history]) {
        const scores = await scoresOf(recommender, 1, await adapt(recommender, 1, pairs), candidates);
        expectAllClose(scores, referenceScores(variant, 1, pairs, candidates));
      }
      recommender.dispose();
    },
  );
});
