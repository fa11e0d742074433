import { describe, expect, test } from '@jest/globals';
import { parseDcnConfig } from '../../../src/models/dcn/dcn-config.ts';

describe('parseDcnConfig', () => {
  test('defaults to the sizes of the paper, without a projection and without fine-tuning', () => {
    expect(parseDcnConfig({})).toMatchObject({
      objective: 'mse',
      embedding: 'features',
      projectionWidth: null,
      crossLayers: 3,
      deepWidths: [64, 64],
      supportLimit: 90,
      fineTuning: { steps: 0 },
    });
  });

  test('names each invalid field and the received value', () => {
    expect(() => parseDcnConfig({ crossLayers: 0, deepWidths: [], fineTuning: { steps: -1 } })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: expect.stringMatching(/crossLayers: .*got 0; deepWidths: .*fineTuning\.steps: .*got -1/),
      }),
    );
    expect(() => parseDcnConfig({ depth: 3 })).toThrow(/The configuration of DCN is wrong: .*"depth"/);
  });
});
