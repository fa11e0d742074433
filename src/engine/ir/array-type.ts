export type ElementType = 'float32' | 'int32' | 'bool';

/** Sizes by symbol. */
export type Sizes = Readonly<Record<string, number>>;

/** A size that is known when the graph runs: `factor · (product of the symbols) + offset`. Frozen. */
export interface SymbolicSize {
  readonly factor: number;
  /** One symbol or two; both may be the same. */
  readonly symbols: readonly string[];
  readonly offset: number;
}

export type Dimension = number | SymbolicSize;

/** The type of an array in a graph. */
export interface ArrayType {
  readonly dtype: ElementType;
  readonly shape: readonly Dimension[];
}

/** The type of an array whose sizes are all known. */
export interface ConcreteType extends ArrayType {
  readonly shape: readonly number[];
}

/** Returns the size `factor · (product of the symbols) + offset`. */
export function symbolicSize(symbols: readonly string[], factor = 1, offset = 0): SymbolicSize {
  return Object.freeze({ factor, symbols: Object.freeze([...symbols]), offset });
}

/** Returns the symbols that a dimension depends on. */
export function symbolsOf(dimension: Dimension): readonly string[] {
  return typeof dimension === 'number' ? [] : dimension.symbols;
}

/** Returns the size of a dimension, given sizes for its symbols. Throws a RangeError for a symbol without a size. */
export function evaluateDimension(dimension: Dimension, sizes: Sizes): number {
  if (typeof dimension === 'number') return dimension;
  const { factor, symbols, offset } = dimension;
  return symbols.reduce((product, symbol) => product * sizeOfSymbol(symbol, sizes), factor) + offset;
}

/** Returns the sizes of a shape. Throws a RangeError for a symbol without a size. */
export function evaluateShape(shape: readonly Dimension[], sizes: Sizes = {}): number[] {
  return shape.map((dimension) => evaluateDimension(dimension, sizes));
}

export function sameDimension(a: Dimension, b: Dimension): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  return a.factor === b.factor && a.offset === b.offset && a.symbols.join() === b.symbols.join();
}

export function sameShape(a: readonly Dimension[], b: readonly Dimension[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => sameDimension(dimension, b[axis]!));
}

/**
 * Returns the dimension that explains the sizes seen under several assignments of the symbols, or null if there is
 * none. If several explain them, the one with the smallest offset and then the smallest factor wins.
 */
export function explainDimension(seen: readonly number[], samples: readonly Sizes[]): Dimension | null {
  const [first, second] = seen as [number, number];
  if (seen.every((size) => size === first)) return first;
  const candidates = symbolProducts(Object.keys(samples[0]!))
    .map((symbols) => {
      const [atFirst, atSecond] = samples.map((sizes) => evaluateDimension(symbolicSize(symbols), sizes)) as [
        number,
        number,
      ];
      const factor = (second - first) / (atSecond - atFirst);
      return symbolicSize(symbols, factor, first - factor * atFirst);
    })
    .filter(({ factor, offset }) => Number.isInteger(factor) && Number.isInteger(offset) && factor > 0)
    .sort((a, b) => Math.abs(a.offset) - Math.abs(b.offset) || a.factor - b.factor);
  const explains = (candidate: Dimension) =>
    samples.every((sizes, index) => evaluateDimension(candidate, sizes) === seen[index]);
  return candidates.find(explains) ?? null;
}

function symbolProducts(symbols: readonly string[]): string[][] {
  const pairs = symbols.flatMap((a, index) => symbols.slice(index).map((b) => [a, b]));
  return [...symbols.map((symbol) => [symbol]), ...pairs];
}

function sizeOfSymbol(symbol: string, sizes: Sizes): number {
  const size = sizes[symbol];
  if (size === undefined) {
    const known = Object.keys(sizes).join(', ') || 'none';
    throw new RangeError(`the dimension "${symbol}" has no size; the dimensions with a size are: ${known}`);
  }
  return size;
}
