import { describe, expect, test } from '@jest/globals';
import { parseMamlConfig } from '../../../src/models/maml/maml-config.ts';

describe('the configuration of MAML', () => {
  test('has the sizes of MeLU by default', () => {
    expect(parseMamlConfig({})).toMatchObject({
      layerWidths: [64, 64],
      adapted: 'layers',
      innerSteps: 5,
      innerLearningRate: 0.01,
      secondOrder: true,
    });
  });

  test.each([
    [{ layerWidths: [] }, 'layerWidths'],
    [{ layerWidths: [0] }, 'layerWidths'],
    [{ innerSteps: 0 }, 'innerSteps'],
    [{ innerSteps: 51 }, 'innerSteps'],
    [{ innerLearningRate: 0 }, 'innerLearningRate'],
    [{ innerLearningRate: Number.POSITIVE_INFINITY }, 'innerLearningRate'],
    [{ adapted: 'embeddings' }, 'adapted'],
    [{ adapted: 'all', embedding: 'factors' }, 'adapted'],
    [{ factorProduct: true }, 'factorProduct'],
    [{ depth: 3 }, 'depth'],
  ])('refuses %j and names the field', (input, field) => {
    expect(() => parseMamlConfig(input)).toThrow(expect.objectContaining({ message: expect.stringContaining(field) }));
  });
});
