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
  test('returns a well-formed graph', () => {
    expect(checkGraph(graph, 'a rewrite')).toBe(graph);
  });

  test('refuses a value that is used before it is defined', () => {
    expect(check({ inputs: [] })).toThrow('after a rewrite: node 0 (Relu) uses a value before it is defined');
  });

  test('refuses a value that is defined twice', () => {
    expect(check({ nodes: [relu, relu] })).toThrow('an output of node 1 (Relu) is defined twice');
  });

  test('refuses an output that no node computes', () => {
    expect(check({ nodes: [] })).toThrow('output "y" is not defined');
  });

  test('refuses a shape that the operator does not return, even if a symbol hides the difference', () => {
    const wrong = makeValue('float32', [101, 2]);
    const nodes = [makeNode('Relu', [x], {}, [wrong])];
    expect(check({ nodes, outputs: [{ name: 'y', value: wrong }] })).toThrow(
      'is declared as float32[101, 2], but its type is float32[212, 2]',
    );
  });

  test('refuses operands that do not fit, and names their types', () => {
    const product = makeValue('float32', [symbolicSize(['n']), 2]);
    const nodes = [makeNode('Gemm', [x, x], { transposeA: false, transposeB: false }, [product])];
    expect(check({ nodes, outputs: [{ name: 'y', value: product }] })).toThrow(
      /Gemm\(float32\[101, 2\], float32\[101, 2\]\)/,
    );
  });

  test('does not check the types of known nodes again', () => {
    const wrong = makeValue('float32', [101, 2]);
    const nodes = [makeNode('Relu', [x], {}, [wrong])];
    const changed = makeGraph({ ...graph, nodes, outputs: [{ name: 'y', value: wrong }] });
    expect(checkGraph(changed, 'a rewrite', new Set(nodes))).toBe(changed);
    const known = new Set<Node>();
    checkGraph(graph, 'a rewrite', known);
    expect([...known]).toEqual([relu]);
  });
});
