import type { Graph, Value } from '../ir/graph.ts';
import { rewriteNodes } from './rewrite-nodes.ts';

/**
 * Makes the gradient of a Relu compare the output with 0 instead of the input. The output is positive exactly where the
 * input is. The input then has no other use, so ONNX Runtime can fuse the Relu with the Gemm before it. The same holds
 * for a LeakyRelu with a positive slope.
 */
export function gateByOutput(graph: Graph): Graph {
  const outputs = new Map<Value, Value>();
  return rewriteNodes(graph, (node, rewriter) => {
    const [x, y] = [node.inputs[0], node.outputs[0]] as [Value, Value];
    if (node.operator === 'Relu' || (node.operator === 'LeakyRelu' && node.attributes.alpha > 0)) outputs.set(x, y);
    if (node.operator !== 'Greater' || rewriter.number(node.inputs[1]!) !== 0) return null;
    const rectified = outputs.get(x);
    return rectified === undefined ? null : [rewriter.emit('Greater', [rectified, node.inputs[1]!], {}, y)];
  });
}
