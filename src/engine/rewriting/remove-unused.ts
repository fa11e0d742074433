import { type Graph, makeGraph, type Value } from '../ir/graph.ts';

/** Removes nodes and constants that no output depends on. Keeps all inputs, because the caller passes them. */
export function removeUnused(graph: Graph): Graph {
  const used = new Set<Value>(graph.outputs.map(({ value }) => value));
  const nodes = graph.nodes.toReversed().filter(({ inputs, outputs }) => {
    const needed = outputs.some((output) => used.has(output));
    if (needed) for (const input of inputs) used.add(input);
    return needed;
  });
  return makeGraph({
    ...graph,
    constants: graph.constants.filter(({ value }) => used.has(value)),
    nodes: nodes.toReversed(),
  });
}
