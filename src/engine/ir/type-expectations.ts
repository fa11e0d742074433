import type { ConcreteType, ElementType } from './array-type.ts';

export type Types = readonly ConcreteType[];

/** Returns the shape that shapes broadcast to, by the rules of NumPy. Throws a TypeError if they do not broadcast. */
export function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    expect(new Set(sizes).size <= 1, `shapes ${shapes.map((shape) => `[${shape}]`).join(' and ')} do not broadcast`);
    return sizes[0] ?? 1;
  });
}

/** Returns the type of all inputs. Throws a TypeError if they differ, or if it is not an accepted type. */
export function expectTypes(inputs: Types, arity: number, accepted: readonly ElementType[]): ElementType {
  const dtypes = inputs.map(({ dtype }) => dtype);
  expect(inputs.length === arity, `expected ${arity} inputs, got ${inputs.length}`);
  expect(new Set(dtypes).size === 1, `expected inputs of one type, got ${dtypes.join(' and ')}`);
  expect(accepted.includes(dtypes[0]!), `expected ${accepted.join(' or ')}, got ${dtypes[0]}`);
  return dtypes[0]!;
}

/** Throws a TypeError if two shapes, or two lists of sizes, differ. */
export function expectEqual(actual: readonly number[], expected: readonly number[]): void {
  expect(
    actual.length === expected.length && actual.every((size, axis) => size === expected[axis]),
    `expected [${expected}], got [${actual}]`,
  );
}

/** Throws a TypeError with the problem unless the condition holds. */
export function expect(condition: boolean, problem: string): void {
  if (!condition) throw new TypeError(problem);
}

/** Returns the shape with the size of one axis replaced. */
export function withAxis(shape: readonly number[], axis: number, size: number): number[] {
  return shape.map((old, index) => (index === axis ? size : old));
}
