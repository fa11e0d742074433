import { describe, expect, test } from '@jest/globals';
import { type CmmlConfigInput, parseCmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { modulations } from '../../../src/models/cmml/modulations.ts';

/** The sizes for MovieLens in section 7.2.1 of the paper. */
const paper = { backboneWidths: [64, 64, 64], hyperWidths: [64, 64, 64], biasStart: 0.1 };
const pairWidth = 128;

function declared(variant: CmmlConfigInput) {
  const config = parseCmmlConfig({ ...paper, ...variant });
  return modulations[config.modulation].declare(config, pairWidth);
}

function weightShapes(variant: CmmlConfigInput): Record<string, readonly number[]> {
  const weights = Object.entries(declared(variant)).filter(([name]) => name.endsWith('.weight'));
  return Object.fromEntries(weights.map(([name, { shape }]) => [name, shape]));
}

describe("a modulation at the paper's sizes", () => {
  const networks = {
    'hyper.1.weight': [128, 64],
    'hyper.2.weight': [64, 64],
    'hyper.3.weight': [64, 64],
    'backbone.1.weight': [128, 64],
    'backbone.2.weight': [64, 64],
    'backbone.3.weight': [64, 64],
  };

  test('with linear generates 64 weights and a bias from the last layer, and has no trained output layer', () => {
    expect(weightShapes({ modulation: 'linear' })).toEqual({
      ...networks,
      'linear.weight.weight': [64, 64],
      'linear.bias.weight': [64, 1],
    });
  });

  test('with sigmoid has a head of 64 gates after each layer', () => {
    expect(weightShapes({ modulation: 'sigmoid' })).toEqual({
      ...networks,
      'sigmoid.1.gate.weight': [64, 64],
      'sigmoid.2.gate.weight': [64, 64],
      'sigmoid.3.gate.weight': [64, 64],
      'output.weight': [64, 1],
    });
  });

  test('reads the layer of the hyper-network at the same depth as the layer it modulates', () => {
    const widths = { hyperWidths: [9, 8], backboneWidths: [5, 4] };
    expect(weightShapes({ ...widths, modulation: 'film' })).toMatchObject({
      'film.1.scale.weight': [9, 5],
      'film.1.shift.weight': [9, 5],
      'film.2.scale.weight': [8, 4],
      'film.2.shift.weight': [8, 4],
    });
  });
});

describe('biasStart', () => {
  test.each(['sigmoid', 'film'] as const)(
    'is the initial value of all biases of %s except the scales',
    (modulation) => {
      const biases = Object.entries(declared({ modulation })).filter(([name]) => name.endsWith('.bias'));
      expect(biases).not.toHaveLength(0);
      for (const [name, { mean, deviation }] of biases) {
        expect({ name, mean, deviation }).toEqual({
          name,
          mean: name.includes('.scale.') ? 1 : 0.1,
          deviation: 0,
        });
      }
    },
  );

  test('does not change the initial layer that linear generates', () => {
    expect(declared({ modulation: 'linear' })['linear.weight.bias']).toEqual({
      shape: [64],
      mean: 0,
      deviation: Math.sqrt(2 / 64),
    });
  });
});
