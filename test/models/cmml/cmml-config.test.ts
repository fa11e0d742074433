import { describe, expect, test } from '@jest/globals';
import { parseCmmlConfig } from '../../../src/models/cmml/cmml-config.ts';

describe('parseCmmlConfig', () => {
  test('fills in the widths of the paper', () => {
    expect(parseCmmlConfig({})).toMatchObject({
      encoder: 'meanPool',
      hybrid: 'dot',
      modulation: 'film',
      objective: 'mse',
      embeddingWidth: 32,
      hyperWidths: [256, 256],
      backboneWidths: [64, 64],
      softModules: { modules: 4, routeWidths: [128, 128], moduleWidths: [32, 32] },
      supportLimit: 90,
    });
  });

  test('names the field that is wrong, the values allowed, and what came', () => {
    expect(() => parseCmmlConfig({ encoder: 'lstm' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: expect.stringMatching(/encoder: .*"meanPool".*got "lstm"/),
      }),
    );
  });

  test('names a field inside another, and one it does not know', () => {
    expect(() => parseCmmlConfig({ labels: { mean: 0, deviation: 0 } })).toThrow(
      /labels\.deviation: .*got 0/,
    );
    expect(() => parseCmmlConfig({ depth: 3 })).toThrow(/"depth"/);
  });

  test('refuses a route network with another number of layers than the modules have', () => {
    expect(() => parseCmmlConfig({ softModules: { routeWidths: [8] } })).toThrow(
      /softModules: .*as many layers as each other, got .*"routeWidths":\[8\]/,
    );
  });

  test('names every field that is wrong', () => {
    expect(() => parseCmmlConfig({ hybrid: 'sum', hyperWidths: [] })).toThrow(/hybrid: .*hyperWidths: /);
  });
});
