import { describe, expect, test } from '@jest/globals';
import { checkInputs } from '../../src/engine/check-inputs.ts';
import type { HostTensors, Signature } from '../../src/engine/engine.ts';
import { floatTensor, integerTensor, scalarTensor } from '../../src/engine/host-tensor.ts';

const signature: Signature = {
  items: { dtype: 'float32', shape: ['rows', 2] },
  labels: { dtype: 'float32', shape: ['rows'] },
};
const items = floatTensor([3, 2], new Float32Array(6));
const labels = floatTensor([3], new Float32Array(3));

function messageFor(inputs: HostTensors): string {
  try {
    checkInputs(signature, inputs);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  return 'accepted';
}

describe('checkInputs', () => {
  test('accepts inputs whose symbols have one size each', () => {
    expect(messageFor({ items, labels })).toBe('accepted');
  });

  test('accepts a scalar for a shape without dimensions', () => {
    checkInputs({ rate: { dtype: 'float32', shape: [] } }, { rate: scalarTensor(1) });
  });

  test('names a missing input', () => {
    expect(messageFor({ items })).toBe(
      'Expected input "labels" to be float32 [rows=3], but it is missing; the inputs are: items.',
    );
  });

  test('names an input of another type', () => {
    expect(messageFor({ items, labels: integerTensor([3], new Int32Array(3)) })).toBe(
      'Expected input "labels" to be float32 [rows=3], got int32 in a Int32Array.',
    );
  });

  test('names an input whose data does not have its type', () => {
    const mislabeled = { dtype: 'float32', shape: [3], data: new Int32Array(3) } as const;
    expect(messageFor({ items, labels: mislabeled })).toContain('got float32 in a Int32Array.');
  });

  test('names an input of another shape', () => {
    expect(messageFor({ items: floatTensor([2, 3], new Float32Array(6)), labels })).toBe(
      'Expected input "items" to be float32 [rows, 2], got [2, 3].',
    );
    expect(messageFor({ items: floatTensor([6], new Float32Array(6)), labels })).toContain('got [6].');
  });

  test('names an input that gives a symbol another size than an earlier input', () => {
    expect(messageFor({ items, labels: floatTensor([4], new Float32Array(4)) })).toBe(
      'Expected input "labels" to be float32 [rows=3], got [4].',
    );
  });

  test('names an input with the wrong number of elements for its shape', () => {
    expect(messageFor({ items, labels: floatTensor([3], new Float32Array(2)) })).toBe(
      'Expected input "labels" to be float32 [rows=3], got 2 numbers for [3].',
    );
  });
});
