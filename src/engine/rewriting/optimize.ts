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

/** In this order, because each makes room for the next; the whole list runs until the graph no longer shrinks. */
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
  // A product that a dead node still reads would count as read twice.
  removeUnused,
  fuseBias,
  removeUnused,
];
const maximumRounds = 6;

/** An equal graph that costs less to run. ONNX Runtime optimizes too; what it does by itself is left to it. */
export async function optimize(graph: Graph): Promise<Graph> {
  let current = graph;
  const known = new Set<Node>();
  for (let round = 0; round < maximumRounds; round++) {
    const before = current.nodes.length;
    for (const rewrite of rewrites) current = await apply(rewrite, current, known);
    if (current.nodes.length === before) break;
  }
  return current;
}

function apply(rewrite: Rewrite, graph: Graph, known: Set<Node>): Promise<Graph> {
  return inTurn(() => checkGraph(rewrite(graph), rewrite.name, known));
}
