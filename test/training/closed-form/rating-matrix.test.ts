import { expect, test } from '@jest/globals';
import { encodeFeatures } from '../../../src/features/encode-features.ts';
import { fitFeatureSchema } from '../../../src/features/fit-feature-schema.ts';
import { typeIndex } from '../../../src/features/interaction-types.ts';
import type { Task, TrainingData } from '../../../src/tasks/training-data.ts';
import { ratingMatrix } from '../../../src/training/closed-form/rating-matrix.ts';

const [rate, view] = [typeIndex('RATE'), typeIndex('VIEW')];
const id = { name: 'id', kind: 'categorical' } as const;
const schema = fitFeatureSchema(
  [
    { entity: 'user', ...id },
    { entity: 'item', ...id },
  ],
  [{ id: 'u' }],
  [{ id: 'a' }, { id: 'b' }],
  { minimumCount: { user: 1, item: 1 } },
);

/** Items 0 and 1 are known to the schema, item 2 is not. */
function dataOf(tasks: readonly (readonly (readonly [item: number, type: number, label: number])[])[]): TrainingData {
  return {
    taskKind: 'USER',
    schema,
    users: encodeFeatures(schema, 'user', [{ id: 'u' }]),
    items: encodeFeatures(schema, 'item', [{ id: 'a' }, { id: 'b' }, { id: 'new' }]),
    tasks: tasks.map(
      (pairs): Task => ({
        users: Int32Array.of(0),
        items: Int32Array.from(pairs, ([item]) => item),
        types: Uint8Array.from(pairs, ([, type]) => type),
        labels: Float32Array.from(pairs, ([, , label]) => label),
      }),
    ),
  };
}

test('has the standardized ratings of items with an ID, by task and ID row', async () => {
  const data = dataOf([
    [
      [1, rate, 5],
      [0, view, 0],
      [0, rate, 1],
    ],
    [[0, view, 0]],
    [
      [2, rate, 9],
      [1, rate, 2],
    ],
  ]);
  const { byUser, range } = (await ratingMatrix(data, { mean: 3, deviation: 2 }))!;
  const rowOf = (name: string) => schema.fields.find(({ entity }) => entity === 'item')!.vocabulary.indexOf(name) + 1;
  expect(byUser).toEqual({
    rows: 3,
    width: 3,
    starts: Int32Array.of(0, 2, 2, 3),
    columns: Int32Array.of(rowOf('b'), rowOf('a'), rowOf('b')),
    values: Float32Array.of(1, -1, -0.5),
  });
  expect(range).toEqual([1, 5]);
});

test('is missing without ratings', async () => {
  expect(await ratingMatrix(dataOf([[[0, view, 0]], [[2, rate, 3]]]), { mean: 3, deviation: 1 })).toBeUndefined();
});
