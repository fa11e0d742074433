import type { ConcreteType, ElementType } from './array-type.ts';

export type Types = readonly ConcreteType[];

/** NumPy's broadcasting. */
export function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    expect(
      new Set(sizes).size <= 1,
      `shapes ${shapes.map((shape) => `[${shape}]`).join(' and ')} do not broadcast`,
    );
    return sizes[0] ?? 1;
  });
}

/** The dtype that all inputs have, which must be one of those accepted. */
export function expectTypes(inputs: Types, arity: number, accepted: readonly ElementType[]): ElementType {
  const dtypes = inputs.map(({ dtype }) => dtype);
  expect(inputs.length === arity, `expects ${arity} inputs, got ${inputs.length}`);
  expect(new Set(dtypes).size === 1, `expects inputs of one dtype, got ${dtypes.join(' and ')}`);
  expect(accepted.includes(dtypes[0]!), `takes ${accepted.join(' or ')}, not ${dtypes[0]}`);
  return dtypes[0]!;
}

/** Throws a TypeError when two shapes, or lists of sizes, differ. */
export function expectEqual(actual: readonly number[], expected: readonly number[]): void {
  expect(
    actual.length === expected.length && actual.every((size, axis) => size === expected[axis]),
    `[${actual}] does not match [${expected}]`,
  );
}

/** Throws a TypeError that says what does not fit. */
export function expect(condition: boolean, problem: string): void {
  if (!condition) throw new TypeError(problem);
}

/** The shape with one of its sizes changed. */
export function withAxis(shape: readonly number[], axis: number, size: number): number[] {
  return shape.map((old, index) => (index === axis ? size : old));
}
