import { type Dimension, sameDimension, sameShape } from '../ir/array-type.ts';
import type { Graph, Value } from '../ir/graph.ts';
import { isElementwise } from './elementwise-operators.ts';
import { type Rewriter, rewriteNodes } from './rewrite-nodes.ts';

/**
 * Moves a Reshape behind the element-wise operators that follow it. Bias and activation then follow their Gemm directly
 * and can be fused with it. Reshapes become neighbors and can cancel out.
 */
export function sinkReshapes(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriter) => {
    if (!isElementwise(node.operator)) return null;
    const [output] = node.outputs as [Value];
    for (const input of node.inputs) {
      const source = reshapedFrom(input, rewriter);
      if (source === null || !sameShape(input.shape, output.shape)) continue;
      const operands = node.inputs.map((operand) => inShapeOf(operand, source, output, rewriter));
      if (operands.some((operand) => operand === null)) continue;
      const type = { dtype: output.dtype, shape: source.shape };
      const computed = rewriter.emit(node.operator, operands as Value[], node.attributes as never, type);
      return [rewriter.emit('Reshape', [computed], { shape: output.shape }, output)];
    }
    return null;
  });
}

/** Returns the input of a Reshape, or null. A Reshape of a scalar or a vector does not count. */
function reshapedFrom(value: Value, rewriter: Rewriter): Value | null {
  const producer = rewriter.producer(value);
  if (producer?.operator !== 'Reshape') return null;
  const [source] = producer.inputs as [Value];
  return source.shape.length >= 2 ? source : null;
}

/** Returns the operand to use if the result has the source's shape, or null if that needs a copy. */
function inShapeOf(operand: Value, source: Value, output: Value, rewriter: Rewriter): Value | null {
  const origin = reshapedFrom(operand, rewriter);
  if (origin !== null && sameShape(operand.shape, output.shape) && sameShape(origin.shape, source.shape)) return origin;
  return sharedTail(operand.shape, source.shape, output.shape) ? operand : null;
}

/** Whether the operand broadcasts over both shapes alike: it spans only trailing dimensions that both shapes share. */
function sharedTail(
  operand: readonly Dimension[],
  source: readonly Dimension[],
  output: readonly Dimension[],
): boolean {
  if (operand.length > Math.min(source.length, output.length)) return false;
  return operand.every((size, axis) => {
    const fromEnd = operand.length - axis;
    return size === 1 ? operand.length <= source.length : sameDimension(source.at(-fromEnd)!, output.at(-fromEnd)!);
  });
}
