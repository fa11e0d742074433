import { describe, expect, test } from '@jest/globals';
import { symbolicSize } from '../../../src/engine/ir/array-type.ts';
import { checkGraph } from '../../../src/engine/ir/check-graph.ts';
import { type Graph, makeGraph, makeNode, makeValue, type Node } from '../../../src/engine/ir/graph.ts';

const x = makeValue('float32', [symbolicSize(['n']), 2]);
const y = makeValue('float32', [symbolicSize(['n']), 2]);
const relu = makeNode('Relu', [x], {}, [y]);
const graph: Graph = {
  inputs: [{ name: 'x', value: x }],
  constants: [],
  nodes: [relu],
  outputs: [{ name: 'y', value: y }],
};
const check = (change: Partial<Graph>) => () => checkGraph(makeGraph({ ...graph, ...change }), 'a rewrite');

describe('checkGraph', () => {
  test('returns a graph that is well formed', () => {
    expect(checkGraph(graph, 'a rewrite')).toBe(graph);
  });

  test('finds a value that is used before it is defined', () => {
    expect(check({ inputs: [] })).toThrow('after a rewrite: node 0 (Relu) uses a value before it is defined');
  });

  test('finds a value that is defined twice', () => {
    expect(check({ nodes: [relu, relu] })).toThrow('an output of node 1 (Relu) is defined twice');
  });

  test('finds an output that nothing makes', () => {
    expect(check({ nodes: [] })).toThrow('output "y" is not defined');
  });

  test('finds a shape that the operator does not give, also where a symbol hides it', () => {
    const wrong = makeValue('float32', [101, 2]);
    const nodes = [makeNode('Relu', [x], {}, [wrong])];
    expect(check({ nodes, outputs: [{ name: 'y', value: wrong }] })).toThrow(
      'claims float32[101, 2] but gives float32[212, 2]',
    );
  });

  test('finds operands that do not fit, and says what they are', () => {
    const product = makeValue('float32', [symbolicSize(['n']), 2]);
    const nodes = [makeNode('Gemm', [x, x], { transposeA: false, transposeB: false }, [product])];
    expect(check({ nodes, outputs: [{ name: 'y', value: product }] })).toThrow(
      /Gemm\(float32\[101, 2\], float32\[101, 2\]\)/,
    );
  });

  test('does not check the types of nodes again that are known', () => {
    const wrong = makeValue('float32', [101, 2]);
    const nodes = [makeNode('Relu', [x], {}, [wrong])];
    const changed = makeGraph({ ...graph, nodes, outputs: [{ name: 'y', value: wrong }] });
    expect(checkGraph(changed, 'a rewrite', new Set(nodes))).toBe(changed);
    const known = new Set<Node>();
    checkGraph(graph, 'a rewrite', known);
    expect([...known]).toEqual([relu]);
  });
});
