import type { Graph, Value } from '../ir/graph.ts';
import { type Rewriter, rewriteNodes } from './rewrite-nodes.ts';

/** Moves transposes of matrices into the Gemm that reads them, which transposes without cost. */
export function foldTransposes(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriter) => {
    if (node.operator !== 'Gemm') return null;
    const [a, b, ...bias] = node.inputs as [Value, Value, ...Value[]];
    const [left, right] = [matrixBehind(a, rewriter), matrixBehind(b, rewriter)];
    if (left === null && right === null) return null;
    const attributes = {
      transposeA: node.attributes.transposeA !== (left !== null),
      transposeB: node.attributes.transposeB !== (right !== null),
    };
    return [rewriter.emit('Gemm', [left ?? a, right ?? b, ...bias], attributes, node.outputs[0]!)];
  });
}

function matrixBehind(value: Value, rewriter: Rewriter): Value | null {
  const producer = rewriter.producer(value);
  const swapped = producer?.operator === 'Transpose' && producer.attributes.permutation.join() === '1,0';
  return swapped ? producer.inputs[0]! : null;
}
