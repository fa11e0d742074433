import { sizeOf } from '../host-tensor.ts';
import { evaluateShape, type Sizes, symbolsOf } from './array-type.ts';
import type { Graph, Node, Value } from './graph.ts';
import { printType } from './print-graph.ts';
import { inferTypes } from './type-rules.ts';

/** Sizes that differ from each other and from the sizes of layers, so that a mix-up shows. */
const probes = [101, 211, 307, 401, 503];

/**
 * Checks that a graph is well formed: every value is defined once and before its use, and has the type that its
 * operator's rule gives. Symbolic dimensions are checked at two assignments of sizes. Nodes whose types are `known` to
 * be right, as they are frozen, are not looked at again; those of this graph join them.
 * Throws an Error that names `stage`, what made the graph.
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
    if (data.length !== expected) fail(stage, `a constant ${printType(value)} has ${data.length} elements`);
  }
  graph.nodes.forEach((node, position) => {
    const where = `node ${position} (${node.operator})`;
    for (const input of node.inputs)
      if (!defined.has(input)) fail(stage, `${where} uses a value before it is defined`);
    if (!known.has(node)) for (const sizes of samples) checkTypes(node, sizes, `${stage}: ${where}`);
    known.add(node);
    for (const output of node.outputs) define(output, `an output of ${where}`);
  });
  for (const { name, value } of graph.outputs)
    if (!defined.has(value)) fail(stage, `output "${name}" is not defined`);
  return graph;
}

function checkTypes(node: Node, sizes: Sizes, where: string): void {
  const inferred = inferTypes(node.operator, node.inputs, node.attributes, sizes);
  if (inferred.length !== node.outputs.length)
    fail(where, `has ${node.outputs.length} outputs, not ${inferred.length}`);
  node.outputs.forEach((output, index) => {
    const { dtype, shape } = inferred[index]!;
    const claimed = evaluateShape(output.shape, sizes);
    if (
      output.dtype !== dtype ||
      claimed.length !== shape.length ||
      claimed.some((size, axis) => size !== shape[axis])
    ) {
      fail(where, `claims ${printType(output)} but gives ${printType({ dtype, shape })}`);
    }
  });
}

function sampleSizes(graph: Graph): Sizes[] {
  const symbols = [...new Set(graph.inputs.flatMap(({ value }) => value.shape.flatMap(symbolsOf)))];
  const assign = (shift: number) =>
    Object.fromEntries(
      symbols.map((symbol, index) => [symbol, probes[(index + shift) % probes.length]! + shift]),
    );
  return symbols.length === 0 ? [{}] : [assign(0), assign(1)];
}

function fail(stage: string, problem: string): never {
  throw new Error(`the graph is malformed after ${stage}: ${problem}`);
}
