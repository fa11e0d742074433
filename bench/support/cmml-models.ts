import { type CmmlConfig, parseCmmlConfig } from '../../src/models/cmml/cmml-config.ts';

/** The models that are measured, at the paper's sizes, under the names that results give them. */
export const cmmlModels = {
  'CMML-FiLM': model('film'),
  'CMML-Soft-M': model('softModules'),
} as const;
export type CmmlModelName = keyof typeof cmmlModels;

function model(modulation: CmmlConfig['modulation']): CmmlConfig {
  return parseCmmlConfig({
    modulation,
    ridgeWidth: 0,
    hyperWidths: [256, 256],
    labels: { mean: 3.5, deviation: 1 },
  });
}
