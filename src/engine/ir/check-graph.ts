import { sizeOf } from '../host-tensor.ts';
import { evaluateShape, type Sizes, symbolsOf } from './array-type.ts';
import type { Graph, Node, Value } from './graph.ts';
import { printType } from './print-graph.ts';
import { inferTypes } from './type-rules.ts';

/** Sizes that differ from each other and from the usual sizes of layers, so that swapped sizes do not pass. */
const probes = [101, 211, 307, 401, 503];

/**
 * Returns the graph if it is well formed: every value is defined once, is defined before its use, and has the type that
 * the type rule of its operator returns. Symbolic dimensions are checked with two assignments of sizes. Nodes are
 * frozen, so the types of nodes in `known` are not checked again. The nodes of this graph are added to `known`. Throws
 * an Error that names `stage`, the step that made the graph.
 */
export function checkGraph(graph: Graph, stage: string, known = new Set<Node>()): Graph {
  const samples = sampleSizes(graph);
  const defined = new Set<Value>();
  const define = (value: Value, what: string) => {
    if (defined.has(value)) fail(stage, `${what} is defined twice`);
    defined.add(value);
  };
  for (const { name, value } of graph.inputs) define(value, `input "${name}"`);
  for (const { value, data } of graph.constants) {
    define(value, 'a constant');
    const expected = sizeOf(evaluateShape(value.shape));
    if (data.length !== expected)
      fail(stage, `a constant ${printType(value)} has ${data.length} elements, expected ${expected}`);
  }
  graph.nodes.forEach((node, position) => {
    const where = `node ${position} (${node.operator})`;
    for (const input of node.inputs) if (!defined.has(input)) fail(stage, `${where} uses a value before it is defined`);
    if (!known.has(node)) for (const sizes of samples) checkTypes(node, sizes, `${stage}: ${where}`);
    known.add(node);
    for (const output of node.outputs) define(output, `an output of ${where}`);
  });
  for (const { name, value } of graph.outputs) if (!defined.has(value)) fail(stage, `output "${name}" is not defined`);
  return graph;
}

function checkTypes(node: Node, sizes: Sizes, where: string): void {
  const inferred = inferTypes(node.operator, node.inputs, node.attributes, sizes);
  if (inferred.length !== node.outputs.length)
    fail(where, `has ${node.outputs.length} outputs, expected ${inferred.length}`);
  node.outputs.forEach((output, index) => {
    const { dtype, shape } = inferred[index]!;
    const claimed = evaluateShape(output.shape, sizes);
    if (
      output.dtype !== dtype ||
      claimed.length !== shape.length ||
      claimed.some((size, axis) => size !== shape[axis])
    ) {
      fail(where, `is declared as ${printType(output)}, but its type is ${printType({ dtype, shape })}`);
    }
  });
}

function sampleSizes(graph: Graph): Sizes[] {
  const symbols = [...new Set(graph.inputs.flatMap(({ value }) => value.shape.flatMap(symbolsOf)))];
  const assign = (shift: number) =>
    Object.fromEntries(symbols.map((symbol, index) => [symbol, probes[(index + shift) % probes.length]! + shift]));
  return symbols.length === 0 ? [{}] : [assign(0), assign(1)];
}

function fail(stage: string, problem: string): never {
  throw new Error(`the graph is malformed after ${stage}: ${problem}`);
}
