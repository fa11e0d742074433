import { expect, test } from '@jest/globals';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { EngineName } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/engines.ts';
import { floatTensor } from '../../../src/engine/host-tensor.ts';
import { foldIn } from '../../../src/models/closed-form/ials-fold-in.ts';
import { solveDense } from '../../support/solve-dense.ts';

const [items, width, places] = [20, 6, 5];
const factors = Float32Array.from({ length: items * width }, (_, at) => Math.sin(3 + 2.7 * at + 0.1 * at * at));
const factorsOf = (item: number) => [...factors.subarray(item * width, (item + 1) * width)];
const [unobservedWeight, regularization, regularizationExponent] = [0.3, 0.01, 0.7];

/** The items of three tasks. The last task has none. */
const tasks = [[3, 7, 1, 12, 19], [5, 0], []];

/** Solves `(Σ yyᵀ over positives + α₀ Σ yyᵀ over all items + λ(n + α₀m)^ν I) x = Σ y over positives`, item by item. */
function closedForm(positives: readonly number[]): number[] {
  const penalty = regularization * (positives.length + unobservedWeight * items) ** regularizationExponent;
  const matrix = Array.from({ length: width }, (_, row) =>
    Array.from({ length: width }, (_, column) => (row === column ? penalty : 0)),
  );
  const right = new Array<number>(width).fill(0);
  for (let item = 0; item < items; item++) {
    const observed = positives.includes(item) ? 1 : 0;
    const factor = factorsOf(item);
    for (let row = 0; row < width; row++) {
      right[row]! += observed * factor[row]!;
      for (let column = 0; column < width; column++) {
        matrix[row]![column]! += (observed + unobservedWeight) * factor[row]! * factor[column]!;
      }
    }
  }
  return solveDense(matrix, right);
}

function gramOf(): Float32Array {
  const gram = new Float32Array(width * width);
  for (let item = 0; item < items; item++) {
    const factor = factorsOf(item);
    for (const at of gram.keys()) gram[at]! += unobservedWeight * factor[Math.floor(at / width)]! * factor[at % width]!;
  }
  return gram;
}

test.each<EngineName>(['onnx', 'wasm'])('folding in solves the equations of each task: %s', async (name) => {
  const engine = await openEngine(name);
  const compiled = await engine.compile({
    parameters: {
      gram: floatTensor([width, width], gramOf()),
      unobserved: floatTensor([1], Float32Array.of(unobservedWeight * items)),
    },
    inputs: {
      factors: { dtype: 'float32', shape: ['tasks', 'pairs', width] },
      mask: { dtype: 'float32', shape: ['tasks', 'pairs'] },
    },
    fn: (constants, inputs) => {
      const { gram, unobserved } = constants as unknown as { gram: Tensor2D; unobserved: Tensor1D };
      const support = inputs as unknown as { factors: Tensor3D; mask: Tensor2D };
      return { folded: foldIn({ gram, unobserved, regularization, regularizationExponent }, support) };
    },
  });
  // The places that the mask leaves out have factors as well.
  const rows = tasks.flatMap((positives) => Array.from({ length: places }, (_, at) => positives[at] ?? 9));
  const { folded } = await compiled.run({
    factors: floatTensor([tasks.length, places, width], Float32Array.from(rows.flatMap(factorsOf))),
    mask: floatTensor(
      [tasks.length, places],
      Float32Array.from(
        tasks.flatMap(({ length }) => Array.from({ length: places }, (_, at) => (at < length ? 1 : 0))),
      ),
    ),
  });
  compiled.dispose();
  expect(folded!.shape).toEqual([tasks.length, 1, width]);
  for (const [at, value] of tasks.flatMap(closedForm).entries()) expect(folded!.data[at]).toBeCloseTo(value, 5);
});
