import type { ArrayType, Dimension } from './array-type.ts';
import type { Graph, Value } from './graph.ts';

/**
 * Prints a graph as text, one line per node:
 *
 *     inputs  x: float32[n, 4]
 *     const   weight: float32[4, 2]
 *     a: float32[n, 2] = Gemm(x, weight) {transposeA: false, transposeB: false}
 *     outputs y = a
 */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>();
  const typed = (value: Value) => `${names.get(value)}: ${printType(value)}`;
  graph.inputs.forEach(({ name, value }) => {
    names.set(value, name);
  });
  graph.constants.forEach(({ value, data, name }, index) => {
    names.set(value, name ?? (data.length === 1 && value.shape.length === 0 ? `${data[0]}` : `c${index}`));
  });
  const taken = new Set(names.values());
  let count = 0;
  const next = (): string => {
    const name = letters(count++);
    return taken.has(name) ? next() : name;
  };
  const lines = graph.nodes.map((node) => {
    for (const output of node.outputs) names.set(output, next());
    const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}: ${printAttribute(value)}`);
    const suffix = attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`;
    const inputs = node.inputs.map((input) => names.get(input)).join(', ');
    return `${node.outputs.map(typed).join(', ')} = ${node.operator}(${inputs})${suffix}`;
  });
  return [
    ...graph.inputs.map(({ value }) => `inputs  ${typed(value)}`),
    ...graph.constants.filter(({ value }) => value.shape.length > 0).map(({ value }) => `const   ${typed(value)}`),
    ...lines,
    ...graph.outputs.map(({ name, value }) => `outputs ${name} = ${names.get(value)}`),
  ].join('\n');
}

/** Prints a type, such as `float32[n, 4]`. */
export function printType({ dtype, shape }: ArrayType): string {
  return `${dtype}[${shape.map(printDimension).join(', ')}]`;
}

/** Prints a dimension, such as `2*tasks*pairs+1`. */
export function printDimension(dimension: Dimension): string {
  if (typeof dimension === 'number') return `${dimension}`;
  const { factor, symbols, offset } = dimension;
  const product = (factor === 1 ? symbols : [factor, ...symbols]).join('*');
  return offset === 0 ? product : `${product}${offset > 0 ? '+' : ''}${offset}`;
}

function printAttribute(value: boolean | number | string | Dimension | readonly Dimension[]): string {
  if (Array.isArray(value)) return `[${value.map(printDimension).join(', ')}]`;
  return typeof value === 'object' ? printDimension(value as Dimension) : `${value}`;
}

/** 0 → a, 25 → z, 26 → aa. */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
