import { sameShape } from '../ir/array-type.ts';
import type { Graph, Node, Value } from '../ir/graph.ts';
import { type Rewriter, rewriteNodes } from './rewrite-nodes.ts';

/** Merges chains of Reshapes and chains of Transposes. Removes Reshapes, Transposes and Expands that change nothing. */
export function removeReshapes(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriter) => {
    if (node.operator === 'Reshape' || node.operator === 'Expand') {
      if (sameShape(node.inputs[0]!.shape, node.outputs[0]!.shape)) return node.inputs;
    }
    if (node.operator === 'Reshape') return mergeReshapes(node, rewriter);
    if (node.operator === 'Transpose') return mergeTransposes(node, rewriter);
    return null;
  });
}

function mergeReshapes(node: Node, rewriter: Rewriter): readonly Value[] | null {
  const earlier = rewriter.producer(node.inputs[0]!);
  if (earlier?.operator !== 'Reshape') return null;
  const [source] = earlier.inputs as [Value];
  const [output] = node.outputs as [Value];
  if (sameShape(source.shape, output.shape)) return [source];
  return [rewriter.emit('Reshape', [source], { shape: output.shape }, output)];
}

function mergeTransposes(node: Node & { operator: 'Transpose' }, rewriter: Rewriter): readonly Value[] | null {
  const earlier = rewriter.producer(node.inputs[0]!);
  const [output] = node.outputs as [Value];
  const inner = earlier?.operator === 'Transpose' ? earlier.attributes.permutation : null;
  const permutation = node.attributes.permutation.map((axis) => inner?.[axis] ?? axis);
  const source = inner === null ? node.inputs[0]! : earlier!.inputs[0]!;
  if (permutation.every((axis, index) => axis === index)) return [source];
  // Moving an axis of size 1 does not move elements.
  const moved = permutation.filter((axis) => source.shape[axis] !== 1);
  if (moved.every((axis, index) => index === 0 || axis > moved[index - 1]!)) {
    return [rewriter.emit('Reshape', [source], { shape: output.shape }, output)];
  }
  return inner === null ? null : [rewriter.emit('Transpose', [source], { permutation }, output)];
}
