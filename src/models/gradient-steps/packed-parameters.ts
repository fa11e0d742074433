import { concat, reshape, split, type Tensor, type Tensor1D, type Tensor2D, tile } from '@tensorflow/tfjs-core';
import type { HostTensors, Tensors } from '../../engine/engine.ts';
import { sizeOf } from '../../engine/host-tensor.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';

/** Returns the number of values of all declared parameters together. */
export function packedWidth(declarations: ParameterDeclarations): number {
  return layoutOf(declarations).reduce((sum, { size }) => sum + size, 0);
}

/** Returns the values of the declared parameters as one vector, in the order of their declaration. */
export function packParameters(declarations: ParameterDeclarations, parameters: HostTensors): Float32Array {
  const packed = new Float32Array(packedWidth(declarations));
  let start = 0;
  for (const { name, size } of layoutOf(declarations)) {
    packed.set(parameters[name]?.data as Float32Array, start);
    start += size;
  }
  return packed;
}

/** Returns the declared parameters by name from a vector `[packedWidth]`. */
export function unpackParameters(declarations: ParameterDeclarations, packed: Tensor1D): Tensors {
  const layout = layoutOf(declarations);
  const pieces = split(
    packed,
    layout.map(({ size }) => size),
  );
  return Object.fromEntries(layout.map(({ name, shape }, index) => [name, reshape(pieces[index] as Tensor, shape)]));
}

/** Returns the declared parameters of each task, `[tasks, …shape]`, by name from vectors `[tasks, packedWidth]`. */
export function unpackByTask(declarations: ParameterDeclarations, packed: Tensor2D): Tensors {
  const layout = layoutOf(declarations);
  const pieces = split(
    packed,
    layout.map(({ size }) => size),
    1,
  );
  const [tasks] = packed.shape;
  return Object.fromEntries(
    layout.map(({ name, shape }, index) => [name, reshape(pieces[index] as Tensor, [tasks, ...shape])]),
  );
}

/** Returns the declared parameters as one vector for each task, `[tasks, packedWidth]`, all of them equal. */
export function packForTasks(declarations: ParameterDeclarations, parameters: Tensors, tasks: number): Tensor2D {
  const pieces = layoutOf(declarations).map(({ name, size }) => reshape(parameters[name] as Tensor, [1, size]));
  return tile(concat(pieces, 1), [tasks, 1]) as Tensor2D;
}

function layoutOf(declarations: ParameterDeclarations): { name: string; shape: number[]; size: number }[] {
  return Object.entries(declarations).map(([name, { shape }]) => ({ name, shape: [...shape], size: sizeOf(shape) }));
}
