import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { openEngine } from '../../src/engine/engines.ts';
import { floatTensor } from '../../src/engine/host-tensor.ts';
import { printGraph } from '../../src/engine/ir/print-graph.ts';
import { optimize } from '../../src/engine/rewriting/optimize.ts';
import { traceFunction } from '../../src/engine/tracing/trace-function.ts';
import { expectClose } from '../support/compare-tensors.ts';
import { denseLayer } from './readme-example.ts';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

describe('the example in the README of the engine', () => {
  let blocks: string[];
  beforeAll(async () => {
    const readme = await read('../../src/engine/README.md');
    blocks = [...readme.matchAll(/```\w*\n(.*?)\n```/gs)].map(([, block]) => block!);
  });

  test('is the source that this test runs', async () => {
    const source = await read('./readme-example.ts');
    expect(source.slice(source.indexOf('export ')).trim()).toBe(blocks[0]);
  });

  test('prints the traced graph and the rewritten graph that the README shows', async () => {
    const graph = await traceFunction(denseLayer);
    expect(printGraph(graph)).toBe(blocks[1]);
    expect(printGraph(await optimize(graph))).toBe(blocks[2]);
    expect(blocks).toHaveLength(3);
  });

  test('computes the same numbers compiled and op by op, for any number of tasks', async () => {
    const compiled = await (await openEngine('onnx')).compile(denseLayer);
    const eager = await (await openEngine('cpu')).compile(denseLayer);
    for (const tasks of [1, 3]) {
      const pairs = floatTensor(
        [tasks, 10, 3],
        Float32Array.from({ length: tasks * 30 }, (_, i) => Math.sin(i)),
      );
      expectClose(await compiled.run({ pairs }), await eager.run({ pairs }), 1e-6);
    }
    compiled.dispose();
    eager.dispose();
  });
});
