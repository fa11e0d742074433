import { sameShape } from '../ir/array-type.ts';
import type { Graph, Node, Value } from '../ir/graph.ts';
import type { OperatorName } from '../ir/operator-attributes.ts';
import { type Rewriter, rewriteNodes } from './rewrite-nodes.ts';

type Binary = 'Add' | 'Div' | 'Mul' | 'Pow' | 'Sub';

/** The operators on two numbers, in double precision. The result is rounded when it is stored. */
const arithmetic: Record<Binary, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Div: (a, b) => a / b,
  Mul: (a, b) => a * b,
  Pow: (a, b) => a ** b,
  Sub: (a, b) => a - b,
};

/** The right operand that leaves the left operand unchanged. */
const neutral: Record<Binary, number> = { Add: 0, Div: 1, Mul: 1, Pow: 1, Sub: 0 };
const commutative: ReadonlySet<OperatorName> = new Set(['Add', 'Mul']);

/** Computes operations on constant numbers in advance, and removes x · 1, x / 1, x + 0, x − 0 and x¹. */
export function foldArithmetic(graph: Graph): Graph {
  return rewriteNodes(graph, (node, rewriter) => {
    if (!isBinary(node)) return null;
    const [a, b] = node.inputs as [Value, Value];
    const [left, right] = [numberIn(a, rewriter), numberIn(b, rewriter)];
    if (left !== undefined && right !== undefined && node.outputs[0]!.shape.length === 0) {
      // Integer division truncates, which `arithmetic` does not.
      if (node.operator === 'Div' && a.dtype === 'int32') return null;
      return [rewriter.scalar(arithmetic[node.operator](left, right), a.dtype)];
    }
    if (right === neutral[node.operator]) return unchanged(a, node, rewriter);
    if (left === neutral[node.operator] && commutative.has(node.operator)) return unchanged(b, node, rewriter);
    return null;
  });
}

function isBinary(node: Node): node is Node & { operator: Binary } {
  return node.operator in arithmetic;
}

/** Returns the number of a constant scalar, or of a constant scalar that is expanded. */
function numberIn(value: Value, rewriter: Rewriter): number | undefined {
  const producer = rewriter.producer(value);
  return rewriter.number(producer?.operator === 'Expand' ? producer.inputs[0]! : value);
}

/** Returns the operand, expanded if the other operand made the result larger. */
function unchanged(operand: Value, node: Node, rewriter: Rewriter): readonly Value[] {
  const [output] = node.outputs as [Value];
  if (sameShape(operand.shape, output.shape)) return [operand];
  return [rewriter.emit('Expand', [operand], { shape: output.shape }, output)];
}
