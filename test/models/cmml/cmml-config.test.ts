import { describe, expect, test } from '@jest/globals';
import { parseCmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { parseListConfig } from '../../../src/models/cmml/lists/list-config.ts';

describe('parseCmmlConfig', () => {
  test('defaults to the best measured widths, most of them from the paper', () => {
    expect(parseCmmlConfig({})).toMatchObject({
      encoder: 'meanPool',
      hybrid: 'dot',
      modulation: 'film',
      objective: 'mse',
      embeddingWidth: 32,
      embeddingDeviation: 1,
      ridgeWidth: 16,
      labelWidths: [64, 64],
      contextWidths: [64],
      gruWidth: 256,
      hyperWidths: [64, 64],
      backboneWidths: [64, 64],
      biasStart: 0,
      softModules: { modules: 4, routeWidths: [128, 128], moduleWidths: [32, 32] },
      supportLimit: 90,
      refinement: { steps: 0, learningRate: 0.01 },
    });
  });

  test('names the invalid field, the allowed values and the received value', () => {
    expect(() => parseCmmlConfig({ encoder: 'lstm' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: expect.stringMatching(/encoder: .*"meanPool".*got "lstm"/),
      }),
    );
  });

  test('names a nested field and an unknown field', () => {
    expect(() => parseCmmlConfig({ labels: { mean: 0, deviation: 0 } })).toThrow(/labels\.deviation: .*got 0/);
    expect(() => parseCmmlConfig({ depth: 3 })).toThrow(/"depth"/);
  });

  test.each([
    [{ steps: -1 }, 'refinement.steps: '],
    [{ steps: 51 }, 'refinement.steps: '],
    [{ steps: 1.5 }, 'refinement.steps: '],
    [{ learningRate: 0 }, 'refinement.learningRate: '],
    [{ learningRate: 101 }, 'refinement.learningRate: '],
    [{ rate: 0.1 }, 'refinement: '],
  ])('refuses the refinement %j and names the field', (refinement, field) => {
    expect(() => parseCmmlConfig({ refinement })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(field) }),
    );
  });

  test('refuses a refinement of models that rank the catalog, and says which objectives have it', () => {
    expect(() => parseListConfig({ objective: 'softmax', refinement: { steps: 1 } })).toThrow(
      /refinement: only the objectives "mse", "bce", "hinge", "bpr" have this field/,
    );
  });

  test('refuses a route network whose number of layers differs from that of the modules', () => {
    expect(() => parseCmmlConfig({ softModules: { routeWidths: [8] } })).toThrow(
      /softModules: .*the same number of layers, got .*"routeWidths":\[8\]/,
    );
  });

  test.each(['film', 'sigmoid'])(
    'refuses a hyper-network without one layer per backbone layer with %s',
    (modulation) => {
      expect(() => parseCmmlConfig({ modulation, hyperWidths: [8], backboneWidths: [4, 4] })).toThrow(
        expect.objectContaining({
          code: 'INVALID_CONFIGURATION',
          message: expect.stringContaining(
            `hyperWidths: expected 2 widths with ${modulation}, one for each of backboneWidths, got [8]`,
          ),
        }),
      );
    },
  );

  test.each(['linear', 'softModules'])('accepts a hyper-network of any depth with %s', (modulation) => {
    const config = { modulation, hyperWidths: [8], backboneWidths: [4, 4] };
    expect(parseCmmlConfig(config)).toMatchObject(config);
  });

  test('knows every variant of the paper, and lists them for an unknown one', () => {
    expect(() => parseCmmlConfig({ encoder: '', hybrid: '', modulation: '', objective: '' })).toThrow(
      /encoder: .*"meanPool", "maxPool", "gru", "attention".*hybrid: .*"none", "dot", "mlp".*modulation: .*"linear", "sigmoid", "film", "softModules".*objective: .*"mse", "bce", "hinge", "bpr"/,
    );
  });

  test.each([
    ['contextWidths', []],
    ['labelWidths', [0]],
    ['hybridWidths', []],
    ['gruWidth', 1.5],
    ['ridgeWidth', -1],
    ['biasStart', '0.1'],
  ])('names %s when it is wrong', (field, value) => {
    expect(() => parseCmmlConfig({ [field]: value })).toThrow(new RegExp(`${field}`));
  });

  test('names every invalid field', () => {
    expect(() => parseCmmlConfig({ hybrid: 'sum', hyperWidths: [] })).toThrow(/hybrid: .*hyperWidths: /);
  });
});
