import { sameShape } from '../ir/array-type.ts';
import type { Graph, Value } from '../ir/graph.ts';
import { type Rewriter, rewriteNodes } from './rewrite-nodes.ts';

/** Moves the addition of a bias or of a matrix into the Gemm before it, so that the result is written only once. */
export function fuseBias(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriter) => {
    if (node.operator !== 'Add') return null;
    const [a, b] = node.inputs as [Value, Value];
    return fuse(a, b, rewriter) ?? fuse(b, a, rewriter);
  });
}

function fuse(product: Value, bias: Value, rewriter: Rewriter): readonly Value[] | null {
  const gemm = rewriter.producer(product);
  if (gemm?.operator !== 'Gemm' || gemm.inputs.length !== 2 || rewriter.uses(product) !== 1) return null;
  const vector = sameShape(bias.shape, product.shape.slice(1));
  // A whole matrix is, for example, the input of a gate or another gradient.
  const matrix = sameShape(bias.shape, product.shape);
  return vector || matrix ? [rewriter.emit('Gemm', [...gemm.inputs, bias], gemm.attributes, product)] : null;
}
