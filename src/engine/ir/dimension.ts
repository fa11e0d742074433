import type { Dimension } from './graph.ts';

/** Sizes by symbol. */
export type Sizes = Readonly<Record<string, number>>;

/** Evaluates `2*tasks*pairs+1` for given sizes. Throws a RangeError for a symbol without a size. */
export function evaluateDimension(dimension: Dimension, sizes: Sizes): number {
  if (typeof dimension === 'number') return dimension;
  return dimension
    .split('+')
    .map((term) => term.split('*').reduce((product, factor) => product * evaluateFactor(factor, sizes), 1))
    .reduce((sum, term) => sum + term, 0);
}

export function evaluateShape(shape: readonly Dimension[], sizes: Sizes): number[] {
  return shape.map((dimension) => evaluateDimension(dimension, sizes));
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: readonly Dimension[], b: readonly Dimension[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

/** The names in an expression: `2*tasks*pairs+1` has `tasks` and `pairs`. */
export function symbolsOf(dimension: Dimension): string[] {
  if (typeof dimension === 'number') return [];
  return dimension.split(/[+*]/).filter((factor) => !/^-?\d+$/.test(factor));
}

/**
 * The expression `k * (one symbol, or a product of two) + b` that explains a dimension seen under several
 * assignments of sizes, or null. Of several the one with the smallest constants is taken.
 */
export function explainDimension(seen: readonly number[], samples: readonly Sizes[]): Dimension | null {
  const [first, second] = seen as [number, number];
  if (seen.every((size) => size === first)) return first;
  const candidates = symbolProducts(Object.keys(samples[0]!))
    .map((product) => {
      const [atFirst, atSecond] = samples.map((sizes) => evaluateDimension(product, sizes)) as [
        number,
        number,
      ];
      const factor = (second - first) / (atSecond - atFirst);
      return { product, factor, rest: first - factor * atFirst };
    })
    .filter(({ factor, rest }) => Number.isInteger(factor) && Number.isInteger(rest) && factor > 0)
    .sort((a, b) => Math.abs(a.rest) - Math.abs(b.rest) || a.factor - b.factor)
    .map(
      ({ product, factor, rest }) =>
        `${factor === 1 ? '' : `${factor}*`}${product}${rest === 0 ? '' : `+${rest}`}`,
    );
  return (
    candidates.find((text) =>
      samples.every((sizes, index) => evaluateDimension(text, sizes) === seen[index]),
    ) ?? null
  );
}

function symbolProducts(symbols: readonly string[]): string[] {
  const pairs = symbols.flatMap((a, index) => symbols.slice(index).map((b) => `${a}*${b}`));
  return [...symbols, ...pairs];
}

function evaluateFactor(factor: string, sizes: Sizes): number {
  const size = /^-?\d+$/.test(factor) ? Number(factor) : sizes[factor];
  if (size === undefined) {
    throw new RangeError(
      `the dimension "${factor}" has no size; known are: ${Object.keys(sizes).join(', ') || 'none'}`,
    );
  }
  return size;
}
