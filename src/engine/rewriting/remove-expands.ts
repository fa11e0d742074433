import { type Dimension, sameDimension, sameShape } from '../ir/array-type.ts';
import type { Graph, Value } from '../ir/graph.ts';
import { isElementwise } from './elementwise-operators.ts';
import { type Rewriter, rewriteNodes } from './rewrite-nodes.ts';

/**
 * Removes Expands before element-wise operators, which broadcast by themselves. If all operands are expanded, the
 * operator computes on the small operands and its result is expanded.
 */
export function removeExpands(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriter) => {
    if (!isElementwise(node.operator)) return null;
    const sources = node.inputs.map((input) => expandedFrom(input, rewriter));
    if (sources.every((source, index) => source === node.inputs[index])) return null;
    const [output] = node.outputs as [Value];
    const shape = broadcastSymbolic(sources.map((source) => source.shape));
    if (shape === null) return null;
    const small = rewriter.emit(node.operator, sources, node.attributes as never, {
      dtype: output.dtype,
      shape,
    });
    return sameShape(shape, output.shape)
      ? [small]
      : [rewriter.emit('Expand', [small], { shape: output.shape }, output)];
  });
}

function expandedFrom(value: Value, rewriter: Rewriter): Value {
  const producer = rewriter.producer(value);
  return producer?.operator === 'Expand' ? producer.inputs[0]! : value;
}

/** Returns the broadcast shape, or null if two sizes are not known to be equal. */
function broadcastSymbolic(shapes: readonly (readonly Dimension[])[]): Dimension[] | null {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result: Dimension[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    const [first = 1] = sizes;
    if (!sizes.every((size) => sameDimension(size, first))) return null;
    result.push(first);
  }
  return result;
}
