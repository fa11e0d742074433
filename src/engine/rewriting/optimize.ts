import { inTurn } from '../in-turn.ts';
import { checkGraph } from '../ir/check-graph.ts';
import type { Graph, Node } from '../ir/graph.ts';
import { foldArithmetic } from './fold-arithmetic.ts';
import { foldTransposes } from './fold-transposes.ts';
import { fuseBias } from './fuse-bias.ts';
import { gateByOutput } from './gate-by-output.ts';
import { removeExpands } from './remove-expands.ts';
import { removeReshapes } from './remove-reshapes.ts';
import { removeUnused } from './remove-unused.ts';
import { shareEqualNodes } from './share-equal-nodes.ts';
import { sinkReshapes } from './sink-reshapes.ts';

type Rewrite = (graph: Graph) => Graph;

/** The rewrites in order: each enables later ones. The list is repeated until the number of nodes does not change. */
const rewrites: readonly Rewrite[] = [
  removeUnused,
  foldArithmetic,
  removeExpands,
  removeReshapes,
  sinkReshapes,
  removeReshapes,
  foldTransposes,
  shareEqualNodes,
  gateByOutput,
  // `fuseBias` counts the uses of a product, and an unused node would count as one.
  removeUnused,
  fuseBias,
  removeUnused,
];
const maxRounds = 6;

/** Returns an equal graph that is cheaper to run. Leaves to ONNX Runtime the optimizations that it does by itself. */
export async function optimize(graph: Graph): Promise<Graph> {
  let current = graph;
  const known = new Set<Node>();
  for (let round = 0; round < maxRounds; round++) {
    const before = current.nodes.length;
    for (const rewrite of rewrites) current = await apply(rewrite, current, known);
    if (current.nodes.length === before) break;
  }
  return current;
}

function apply(rewrite: Rewrite, graph: Graph, known: Set<Node>): Promise<Graph> {
  return inTurn(() => checkGraph(rewrite(graph), rewrite.name, known));
}
