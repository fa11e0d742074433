import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  matMul,
  memory,
  ones,
  sum,
  type Tensor,
  type Tensor1D,
  tensor,
  tidy,
  unsortedSegmentSum,
  zeros,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { openEngine } from '../../../src/engine/engines.ts';

interface Rows {
  readonly data: number[];
  readonly segmentIds: number[];
}

const width = 3;
const segments = 4;
/** Integers, which float32 adds exactly in any order. */
const rows: fc.Arbitrary<Rows> = fc.integer({ min: 1, max: 20 }).chain((count) =>
  fc.record({
    data: fc.array(fc.integer({ min: -99, max: 99 }), { minLength: count * width, maxLength: count * width }),
    segmentIds: fc.array(fc.integer({ min: -1, max: segments }), { minLength: count, maxLength: count }),
  }),
);

/** Computes each segment as the sum of the rows that name it. */
function sums({ data, segmentIds }: Rows): number[] {
  return Array.from({ length: segments * width }, (_, at) => {
    const [segment, column] = [Math.floor(at / width), at % width];
    return segmentIds.reduce((sum, id, row) => sum + (id === segment ? data[row * width + column]! : 0), 0);
  });
}

function computed({ data, segmentIds }: Rows, dtype: 'float32' | 'int32', shape: number[]): Tensor {
  const x = tensor(data, [segmentIds.length, ...shape], dtype);
  return unsortedSegmentSum(x, tensor(segmentIds, [segmentIds.length], 'int32') as Tensor1D, segments);
}

describe.each(['cpu', 'wasm'] as const)('the segment sum on %s', (name) => {
  test('adds each row to the segment that it names', async () => {
    await openEngine(name);
    const inside = rows.map(({ data, segmentIds }) => ({
      data,
      segmentIds: segmentIds.map((id) => Math.abs(id) % segments),
    }));
    fc.assert(
      fc.property(inside, (given) => {
        const result = tidy(() => [...computed(given, 'float32', [width]).dataSync()]);
        expect(result.map((value) => value + 0)).toEqual(sums(given));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the segment sum on cpu', () => {
  test('skips rows whose segment ID is out of range, for every type and rank', async () => {
    await openEngine('cpu');
    fc.assert(
      fc.property(rows, fc.constantFrom('float32', 'int32'), (given, dtype) => {
        const tensors = memory().numTensors;
        tidy(() => {
          const result = computed(given, dtype, [1, width]);
          expect({ shape: result.shape, dtype: result.dtype }).toEqual({
            shape: [segments, 1, width],
            dtype,
          });
          expect([...result.dataSync()].map((value) => value + 0)).toEqual(sums(given));
        });
        expect(memory().numTensors).toBe(tensors);
      }),
      { numRuns: 50 },
    );
  });

  test('takes time proportional to the rows, not to the rows times the segments', async () => {
    await openEngine('cpu');
    const started = performance.now();
    tidy(() => {
      const x = tensor(new Float32Array(2000 * 32), [2000, 32]);
      const ids = tensor(
        Int32Array.from({ length: 2000 }, (_, row) => row * 5),
        [2000],
        'int32',
      );
      unsortedSegmentSum(x, ids as Tensor1D, 10_000).dataSync();
    });
    // The original kernel compares 2,000 rows with 10,000 segments, which takes more than a minute.
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('sums without terms on wasm', () => {
  /** The memory of these ones is used again. */
  const fillMemory = (shape: number[]) => {
    for (let used = 0; used < 20; used++) tidy(() => ones(shape).dataSync());
  };
  const expectZeros = (result: Tensor, shape: readonly number[]) => {
    expect(result.shape).toEqual(shape);
    expect([...result.dataSync()]).toEqual(new Array(result.size).fill(0));
  };
  beforeAll(() => openEngine('wasm'));

  test.each([
    [[2, 0], [0, 3], false, [2, 3]],
    [[0, 2], [0, 3], true, [2, 3]],
    [[4, 2, 0], [1, 0, 3], false, [4, 2, 3]],
  ] as const)('are 0 in the product of matrices of shapes %j and %j', (left, right, transposed, shape) => {
    tidy(() => {
      fillMemory([...shape]);
      expectZeros(matMul(zeros([...left]), zeros([...right]), transposed), shape);
    });
  });

  test.each([
    [[5, 0], 1, [5]],
    [[0, 5], 0, [5]],
  ] as const)('are 0 in the sum of an array of shape %j along axis %i', (of, axis, shape) => {
    tidy(() => {
      fillMemory([...shape]);
      expectZeros(sum(zeros([...of]), axis), shape);
    });
  });
});
