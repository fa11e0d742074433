import { describe, expect, test } from '@jest/globals';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../../../src/engine/engine.ts';
import { floatTensor, integerTensor } from '../../../../src/engine/host-tensor.ts';
import { typeIndex } from '../../../../src/features/interaction-types.ts';
import { gatePairs } from '../../../../src/models/cmml/lists/feedback-gates.ts';
import { parseListConfig } from '../../../../src/models/cmml/lists/list-config.ts';
import { onEagerCpu } from '../../../support/on-eager-cpu.ts';

const config = parseListConfig({
  objective: 'softmax',
  vectorWidth: 2,
  labels: { mean: 3, deviation: 2 },
  types: ['RATE', 'VIEW', 'CLICK', 'PURCHASE'],
});
const pairs = [
  { type: typeIndex('RATE'), label: 5, evidence: 1 },
  { type: typeIndex('RATE'), label: 4, evidence: 1 },
  { type: typeIndex('RATE'), label: 3.5, evidence: 1 },
  { type: typeIndex('RATE'), label: 1, evidence: 1 },
  { type: typeIndex('VIEW'), label: 0, evidence: 1 },
  { type: typeIndex('CLICK'), label: 0, evidence: -2 },
  { type: typeIndex('PURCHASE'), label: 0, evidence: 0.5 },
  // A type that training did not know.
  { type: 4, label: 0, evidence: -1 },
];
const feedback = {
  types: integerTensor(
    [pairs.length],
    Int32Array.from(pairs, ({ type }) => type),
  ),
  labels: floatTensor(
    [pairs.length, 1],
    Float32Array.from(pairs, ({ label }) => label),
  ),
  evidence: floatTensor(
    [pairs.length, 1],
    Float32Array.from(pairs, ({ evidence }) => evidence),
  ),
};
const wave = (rows: number, phase: number) =>
  floatTensor(
    [rows, 2],
    Float32Array.from({ length: 2 * rows }, (_, at) => Math.sin(phase + 1.7 * at)),
  );
const [input, scale, shift] = [wave(pairs.length, 0), wave(6, 1), wave(6, 2)];

/** `days` are the ages of the pairs. */
function gated(scale: HostTensor, shift: HostTensor, age = wave(9, 3), days?: readonly number[]): number[] {
  const { result } = onEagerCpu(
    ({ input, types, labels, evidence, ages, ...parameters }) => ({
      result: gatePairs(
        {
          'feedback.scale': parameters.scale!,
          'feedback.shift': parameters.shift!,
          'feedback.age': parameters.age!,
        },
        config,
        input as Tensor2D,
        {
          types: types!,
          labels: labels as Tensor2D,
          evidence: evidence as Tensor2D,
          amounts: undefined,
          ages: ages as Tensor2D | undefined,
        },
      ),
    }),
    { ...feedback, input, scale, shift, age, ...(days && { ages: floatTensor([8, 1], Float32Array.from(days)) }) },
  );
  return [...result!.data];
}

describe('gatePairs', () => {
  test('scales and shifts each vector by its type, and by how far a rating is above or below the mean', () => {
    const result = gated(scale, shift);
    for (const [pair, { type, label, evidence }] of pairs.entries()) {
      // Ratings are (label − 3) / 2. Row 4 is for those above the mean, row 5 for those below.
      const rating = type === typeIndex('RATE') ? (label - 3) / 2 : 0;
      for (let unit = 0; unit < 2; unit++) {
        const of = ({ data }: typeof scale) =>
          (type < 4 ? data[2 * type + unit]! : 0) +
          Math.max(rating, 0) * data[8 + unit]! +
          Math.max(-rating, 0) * data[10 + unit]!;
        const value = input.data[2 * pair + unit]!;
        expect(result[2 * pair + unit]).toBeCloseTo(value * (evidence + of(scale)) + of(shift), 5);
      }
    }
  });

  test('multiplies every vector by the evidence while scale and shift are 0, as they start', () => {
    const zero = floatTensor([6, 2], new Float32Array(12));
    expect(gated(zero, zero)).toEqual([...input.data.map((value, at) => value * pairs[at >> 1]!.evidence)]);
  });

  test('adds to the evidence, for each span of time, the recency of the age times what was learned for the span', () => {
    const minutes = [1, 10, 60, 8 * 60, 24 * 60, 7 * 24 * 60, 30 * 24 * 60, 90 * 24 * 60, 365 * 24 * 60];
    const days = [0, 0.001, 0.04, 0.5, 3, 20, 100, 1000];
    const age = wave(9, 3);
    const [result, ageless] = [gated(scale, shift, age, days), gated(scale, shift)];
    for (const [pair, { evidence }] of pairs.entries()) {
      for (let unit = 0; unit < 2; unit++) {
        const learned = minutes.reduce(
          (sum, span, row) => sum + (Math.exp((-days[pair]! * 24 * 60) / span) - 1) * age.data[2 * row + unit]!,
          0,
        );
        const added = input.data[2 * pair + unit]! * evidence * learned;
        expect(result[2 * pair + unit]).toBeCloseTo(ageless[2 * pair + unit]! + added, 4);
      }
    }
    // The latest interaction counts fully, whatever was learned.
    expect(result.slice(0, 2)).toEqual(ageless.slice(0, 2));
  });
});
