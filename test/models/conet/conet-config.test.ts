import { describe, expect, test } from '@jest/globals';
import { parseConetConfig } from '../../../src/models/conet/conet-config.ts';

function refusal(input: object): string {
  try {
    parseConetConfig(input);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_CONFIGURATION' });
    return (error as Error).message;
  }
  throw new Error('expected the configuration to be refused');
}

describe('parseConetConfig', () => {
  test('defaults to the towers of the paper, the cross-entropy and dense connections, without fine-tuning', () => {
    expect(parseConetConfig({})).toMatchObject({
      objective: 'bce',
      sourceWidths: [64, 32, 16, 8],
      targetWidths: [64, 32, 16, 8],
      sourceWeight: 1,
      sparsity: 0,
      fineTuning: { steps: 0 },
    });
  });

  test('gives the target tower the layers of the source tower by default', () => {
    expect(parseConetConfig({ sourceWidths: [6, 3] })).toMatchObject({ sourceWidths: [6, 3], targetWidths: [6, 3] });
  });

  test.each([
    ['of other widths', [8, 4], [8, 5]],
    ['of another number of layers', [8, 4], [8, 4, 2]],
  ])('refuses a target tower %s than the source tower, and names it', (_, sourceWidths, targetWidths) => {
    expect(refusal({ sourceWidths, targetWidths })).toMatch(
      /^The configuration of CoNet is wrong: targetWidths: expected the layers of sourceWidths, \[8, 4\], .*, got \[8,[45]/,
    );
  });

  test('refuses a target tower without a source tower, and towers without a cross connection', () => {
    expect(refusal({ sourceWidths: [], targetWidths: [8, 4] })).toMatch(
      /sourceWidths: expected a list of at least 2 elements, got \[\]/,
    );
    expect(refusal({ sourceWidths: [8], targetWidths: [8] })).toMatch(/sourceWidths: expected a list of at least 2/);
  });

  test('refuses the objective of ratings, a source domain without weight, infinite numbers and unknown fields', () => {
    expect(refusal({ objective: 'mse', sparsity: -1, sourceWeight: 0 })).toMatch(
      /objective: expected one of "bce", "hinge", "bpr", got "mse"; sourceWeight: .*got 0; sparsity: .*got -1/,
    );
    const infinite = { sourceWeight: 1e300, sparsity: 1e300, fineTuning: { learningRate: 1e300 } };
    expect(refusal(infinite)).toMatch(/sourceWeight: .*; sparsity: .*; fineTuning.learningRate: .*<=100/);
    expect(refusal({ labels: { mean: 3, deviation: 1 } })).toMatch(/"labels"/);
  });
});
