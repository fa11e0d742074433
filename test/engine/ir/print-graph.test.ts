import { describe, expect, test } from '@jest/globals';
import { symbolicSize } from '../../../src/engine/ir/array-type.ts';
import { makeGraph, makeNode, makeValue } from '../../../src/engine/ir/graph.ts';
import { printDimension, printGraph } from '../../../src/engine/ir/print-graph.ts';
import { parseGraph } from '../parse-graph.ts';

describe('printGraph', () => {
  test('prints inputs, constants, nodes with their attributes, and outputs', () => {
    const [x, y] = [makeValue('float32', [symbolicSize(['n']), 2]), makeValue('float32', [2])];
    const [sum, flat] = [makeValue('float32', x.shape), makeValue('float32', [symbolicSize(['n'], 2)])];
    const graph = makeGraph({
      inputs: [{ name: 'x', value: x }],
      constants: [{ value: y, data: Float32Array.of(1, 2), name: 'bias' }],
      nodes: [makeNode('Add', [x, y], {}, [sum]), makeNode('Reshape', [sum], { shape: flat.shape }, [flat])],
      outputs: [{ name: 'flat', value: flat }],
    });
    expect(printGraph(graph)).toBe(
      [
        'inputs  x: float32[n, 2]',
        'const   bias: float32[2]',
        'a: float32[n, 2] = Add(x, bias)',
        'b: float32[2*n] = Reshape(a) {shape: [2*n]}',
        'outputs flat = b',
      ].join('\n'),
    );
  });

  test('prints numbers in place of scalar constants, and skips letters that are taken', () => {
    const text = [
      'inputs  a: float32[2, 3]',
      'b: float32[2, 3] = Mul(a, 0.5)',
      'c: float32[2, 1] = ReduceSum(b) {axes: [1], keepDimensions: true}',
      'd: float32[2, 1], e: int32[2, 1] = TopK(c) {k: 1}',
      'f: int32[2, 1] = Mul(e, 3)',
      'outputs y = f',
    ].join('\n');
    expect(printGraph(parseGraph(text))).toBe(text);
  });

  test('prints a symbolic dimension as a sum of a product and an offset', () => {
    expect(printDimension(symbolicSize(['n']))).toBe('n');
    expect(printDimension(symbolicSize(['n', 'm'], 2, 1))).toBe('2*n*m+1');
    expect(printDimension(symbolicSize(['n'], 3, -2))).toBe('3*n-2');
  });
});
