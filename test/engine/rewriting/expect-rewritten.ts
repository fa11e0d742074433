import { expect } from '@jest/globals';
import type { HostTensors } from '../../../src/engine/engine.ts';
import { evaluateShape } from '../../../src/engine/ir/array-type.ts';
import { checkGraph } from '../../../src/engine/ir/check-graph.ts';
import type { Graph } from '../../../src/engine/ir/graph.ts';
import { printGraph } from '../../../src/engine/ir/print-graph.ts';
import { removeUnused } from '../../../src/engine/rewriting/remove-unused.ts';
import { toHostTensor, toOrtTensor } from '../../../src/engine/running/ort-tensor.ts';
import { openSession } from '../../../src/engine/running/session.ts';
import { expectClose } from '../../support/compare-tensors.ts';
import { numbersFor, parseGraph } from '../parse-graph.ts';

type Rewrite = (graph: Graph) => Graph;

const sizes = { n: 3, m: 2 };

/**
 * Expects a rewrite to turn one printed graph into another, after the nodes that the rewrite leaves unused are
 * removed, and both graphs to compute the same numbers in ONNX Runtime.
 */
export async function expectRewritten(rewrite: Rewrite, before: string, after: string): Promise<void> {
  const graph = checkGraph(parseGraph(before), 'parsing');
  const rewritten = checkGraph(removeUnused(rewrite(graph)), rewrite.name);
  expect(printGraph(rewritten)).toBe(after.trim().replace(/^ +/gm, ''));
  expectClose(await run(rewritten), await run(graph), 1e-6);
}

export function expectUnchanged(rewrite: Rewrite, graph: string): Promise<void> {
  return expectRewritten(rewrite, graph, graph);
}

async function run(graph: Graph): Promise<HostTensors> {
  const session = await openSession(graph, {});
  const feeds = graph.inputs
    .filter(({ name }) => session.inputNames.includes(name))
    .map(({ name, value }) => {
      const data = Float32Array.from(numbersFor(value, sizes));
      return [name, toOrtTensor({ dtype: 'float32', shape: evaluateShape(value.shape, sizes), data })] as const;
    });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.fromEntries(
    graph.outputs.map(({ name }, index) => [name, toHostTensor(results[session.outputNames[index]!]!)]),
  );
}
