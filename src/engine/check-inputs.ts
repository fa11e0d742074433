import type { Dimension, HostTensor, HostTensors, Signature } from './engine.ts';
import { sizeOf } from './host-tensor.ts';

/**
 * Checks inputs against a signature. Each input must be present and have the type and shape that the signature states.
 * A symbol must have the same size wherever it occurs. Throws a TypeError that names the input, what was expected and
 * what came instead.
 */
export function checkInputs(signature: Signature, inputs: HostTensors): void {
  const sizes = new Map<string, number>();
  for (const [name, { dtype, shape }] of Object.entries(signature)) {
    const tensor = inputs[name];
    const known = new Map(sizes);
    const expected = () => `Expected input "${name}" to be ${dtype} ${describe(shape, known)}`;
    if (tensor === undefined) {
      throw new TypeError(`${expected()}, but it is missing; the inputs are: ${namesOf(inputs)}.`);
    }
    if (tensor.dtype !== dtype || !dataFitsType(tensor)) {
      throw new TypeError(`${expected()}, got ${tensor.dtype} in a ${tensor.data.constructor.name}.`);
    }
    if (tensor.shape.length !== shape.length || !shapeFits(tensor.shape, shape, sizes)) {
      throw new TypeError(`${expected()}, got ${describe(tensor.shape, sizes)}.`);
    }
    if (tensor.data.length !== sizeOf(tensor.shape)) {
      throw new TypeError(`${expected()}, got ${tensor.data.length} numbers for ${describe(tensor.shape, sizes)}.`);
    }
  }
}

function dataFitsType({ dtype, data }: HostTensor): boolean {
  return dtype === 'float32' ? data instanceof Float32Array : data instanceof Int32Array;
}

/** Compares a shape with the sizes of the symbols so far. Adds the symbols that occur for the first time. */
function shapeFits(shape: readonly number[], expected: readonly Dimension[], sizes: Map<string, number>): boolean {
  return expected.every((dimension, axis) => {
    const size = shape[axis] as number;
    if (typeof dimension === 'number') return size === dimension;
    if (!sizes.has(dimension)) sizes.set(dimension, size);
    return size === sizes.get(dimension);
  });
}

function describe(shape: readonly Dimension[], sizes: ReadonlyMap<string, number>): string {
  const dimensions = shape.map((dimension) => {
    const size = typeof dimension === 'string' ? sizes.get(dimension) : undefined;
    return size === undefined ? dimension : `${dimension}=${size}`;
  });
  return `[${dimensions.join(', ')}]`;
}

function namesOf(inputs: HostTensors): string {
  return Object.keys(inputs).join(', ') || 'none';
}
