import { describe, expect, test } from '@jest/globals';
import { parseDcnConfig } from '../../../src/models/dcn/dcn-config.ts';

describe('parseDcnConfig', () => {
  test('fills in the sizes of the paper, without a projection and without fine-tuning', () => {
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

  test('names each field that is wrong, and what came', () => {
    expect(() => parseDcnConfig({ crossLayers: 0, deepWidths: [], fineTuning: { steps: -1 } })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: expect.stringMatching(/crossLayers: .*got 0; deepWidths: .*fineTuning\.steps: .*got -1/),
      }),
    );
    expect(() => parseDcnConfig({ depth: 3 })).toThrow(/The configuration of DCN is wrong: .*"depth"/);
  });
});
