import { describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { exportOnnx } from '../../../src/engine/onnx/write-model.ts';
import { cmmlServingFunctions } from '../../../src/models/cmml/cmml-serving-functions.ts';
import { pairsPerFold, stateWidth } from '../../../src/models/cmml/task-context.ts';
import { schema, smallModel } from './small-cmml.ts';
import { adapt, expectAllClose, itemRows, loadSmall, scoresOf, smallArtifact, userRow } from './small-recommender.ts';
import { describeVariant, variants } from './variants.ts';

const history = [
  { item: 2, label: 4 },
  { item: 0, label: 1 },
  { item: 3, label: 5 },
];
const candidates = [3, 1, 0, 2, 1];

describe.each(variants.map((variant) => [describeVariant(variant), variant] as const))(
  'a CMML model with %s',
  (_, variant) => {
    test('gives the same results from its exported files as on an engine', async () => {
      const { config } = smallModel(variant);
      const functions = cmmlServingFunctions(smallArtifact(variant));
      const run = async (role: keyof typeof functions, feeds: Record<string, Tensor>) => {
        const session = await InferenceSession.create(await exportOnnx(functions[role]));
        const read = Object.entries(feeds).filter(([name]) => session.inputNames.includes(name));
        const results = await session.run(Object.fromEntries(read));
        await session.release();
        return results;
      };
      const recommender = await loadSmall(variant, 'wasm');
      const user = await userRow(recommender, 1);
      const seen = await itemRows(
        recommender,
        history.map(({ item }) => item),
      );
      const fixed = pairsPerFold(config);
      const room = typeof fixed === 'number' ? fixed : history.length;
      const { folded } = await run('fold', {
        state: floats([stateWidth(config, schema)], []),
        count: floats([], [0]),
        users: floats(
          [room, user.width],
          history.flatMap(() => [...user.data]),
        ),
        items: floats([room, seen.width], [...seen.data]),
        labels: floats(
          [room],
          history.map(({ label }) => label),
        ),
        mask: floats(
          [room],
          history.map(() => 1),
        ),
      });
      const items = await itemRows(recommender, candidates);
      const scored = {
        state: folded as Tensor,
        count: floats([], [history.length]),
        user: floats([user.width], [...user.data]),
        items: floats([items.rows, items.width], [...items.data]),
      };
      const { scores } = await run('score', scored);
      const adaptation = await adapt(recommender, 1, history);
      const expected = await scoresOf(recommender, 1, adaptation, candidates);
      expectAllClose([...dataOf(scores)], expected);

      const explained = await run('explain', scored);
      const explanation = await recommender.explain(adaptation, user, items);
      expect(Object.keys(explained).sort()).toEqual(Object.keys(explanation).sort());
      for (const [name, { shape, data }] of Object.entries(explanation)) {
        expect(explained[name]?.dims).toEqual(shape);
        expectAllClose([...dataOf(explained[name])], [...data]);
      }
      recommender.dispose();
    });
  },
);

/** Returns a tensor of the given numbers, followed by zeros. */
function floats(shape: readonly number[], numbers: readonly number[]): Tensor {
  const data = new Float32Array(shape.reduce((size, length) => size * length, 1));
  data.set(numbers);
  return new Tensor('float32', data, shape);
}

function dataOf(tensor: Tensor | undefined): Float32Array {
  return (tensor as Tensor).data as Float32Array;
}
