import { expect, test } from '@jest/globals';
import { encodeFeatures } from '../../../src/features/encode-features.ts';
import { idField } from '../../../src/features/feature-schema.ts';
import { fitFeatureSchema } from '../../../src/features/fit-feature-schema.ts';
import { typeIndex } from '../../../src/features/interaction-types.ts';
import type { Task, TrainingData } from '../../../src/tasks/training-data.ts';
import { positiveMatrix } from '../../../src/training/closed-form/positive-matrix.ts';

const [rate, view] = [typeIndex('RATE'), typeIndex('VIEW')];
const users = [{ country: 'X' }, { country: 'X' }, { country: 'X' }];
/** Item row i has ID row i + 1. The last item is unknown to the schema. */
const items = ['a', 'b', 'c', 'new'].map((id) => ({ [idField]: id }));
const schema = fitFeatureSchema(
  [
    { entity: 'user', name: 'country', kind: 'categorical' },
    { entity: 'item', name: idField, kind: 'categorical' },
  ],
  users,
  items.slice(0, 3),
  {
    minimumCount: { user: 1, item: 1 },
  },
);

const dataOf = (tasks: readonly Task[]): TrainingData => ({
  taskKind: 'USER',
  schema,
  users: encodeFeatures(schema, 'user', users),
  items: encodeFeatures(schema, 'item', items),
  tasks,
});

/** Returns the ID rows of each row of the matrix. */
async function rowsOf(tasks: readonly Task[], positiveFrom: number): Promise<number[][]> {
  const { rows, width, starts, columns, values } = await positiveMatrix(dataOf(tasks), positiveFrom);
  expect(width).toBe(4);
  expect([...values].every((value) => value === 1)).toBe(true);
  return Array.from({ length: rows }, (_, row) => [...columns.subarray(starts[row], starts[row + 1])]);
}

test('has the liked items of each user once, and neither low ratings nor unknown items nor users without positives', async () => {
  const tasks = [
    {
      users: Int32Array.of(0),
      items: Int32Array.of(2, 0, 2, 3),
      labels: Float32Array.of(0, 5, 4, 5),
      types: Uint8Array.of(view, rate, rate, rate),
    },
    { users: Int32Array.of(1), items: Int32Array.of(1), labels: Float32Array.of(3), types: Uint8Array.of(rate) },
    { users: Int32Array.of(2), items: Int32Array.of(1), labels: Float32Array.of(0), types: Uint8Array.of(view) },
  ];
  expect(await rowsOf(tasks, 4)).toEqual([[1, 3], [2]]);
});

test('collects the items of a user from all scenarios', async () => {
  const ones = (count: number) => new Float32Array(count).fill(1);
  const tasks = [
    { users: Int32Array.of(1, 0), items: Int32Array.of(2, 1), labels: ones(2) },
    { users: Int32Array.of(1, 1), items: Int32Array.of(0, 2), labels: ones(2) },
  ];
  expect(await rowsOf(tasks, 1)).toEqual([[1, 3], [2]]);
});
