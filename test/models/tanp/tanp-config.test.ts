import { describe, expect, test } from '@jest/globals';
import { parseTanpConfig } from '../../../src/models/tanp/tanp-config.ts';

describe('parseTanpConfig', () => {
  test('defaults to the sizes of the authors, with a gated decoder', () => {
    expect(parseTanpConfig({})).toMatchObject({
      objective: 'mse',
      modulation: 'gatingFilm',
      encoderWidths: [64, 64, 32],
      latentWidth: 32,
      identityWidths: [128, 64, 64],
      clusters: 10,
      decoderWidths: [128, 128, 128],
    });
  });

  test('names each invalid field and the received value', () => {
    expect(() => parseTanpConfig({ clusters: 0, decoderWidths: [], klWeight: -1, factorProduct: true })).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIGURATION',
        message: expect.stringMatching(/clusters: .*got 0; decoderWidths: .*klWeight: .*got -1/),
      }),
    );
    expect(() => parseTanpConfig({ freedom: 1e300, klWeight: 1e300, clusterWeight: 1e300 })).toThrow(
      /freedom: .*; klWeight: .*; clusterWeight: /,
    );
    expect(() => parseTanpConfig({ depth: 3 })).toThrow(/The configuration of TaNP is wrong: .*"depth"/);
  });
});
