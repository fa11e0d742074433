import type { Graph, Value } from '../ir/graph.ts';
import { rewriteNodes } from './rewrite-nodes.ts';

/**
 * A rectifier's gradient asks where its input is positive. There its output is positive too; asking the output lets the
 * input go, and ONNX Runtime joins the rectifier to the Gemm before it.
 */
export function gateByOutput(graph: Graph): Graph {
  const outputs = new Map<Value, Value>();
  return rewriteNodes(graph, (node, rewriter) => {
    const [x, y] = [node.inputs[0], node.outputs[0]] as [Value, Value];
    if (node.operator === 'Relu' || (node.operator === 'LeakyRelu' && node.attributes.alpha > 0))
      outputs.set(x, y);
    if (node.operator !== 'Greater' || rewriter.number(node.inputs[1]!) !== 0) return null;
    const rectified = outputs.get(x);
    return rectified === undefined ? null : [rewriter.emit('Greater', [rectified, node.inputs[1]!], {}, y)];
  });
}
