import type { DatasetKind } from './settings.ts';

/** Vectors of 256 numbers for a pair, where models of MovieLens have 128. */
const wide = { factorWidth: 128 };
const wideLayers = [128, 128, 128];
const modulated = { ...wide, hyperWidths: wideLayers, biasStart: 0 };

const taobao: Readonly<Record<string, object>> = {
  'dcn-paper': wide,
  'dcn-f-paper': { ...wide, fineTuning: { steps: 5 } },
  'conet-paper': wide,
  's2meta-paper': { ...wide, layerWidths: [64, 64, 64] },
  'film-paper': modulated,
  'sigmoid-paper': modulated,
  'se-dot': modulated,
  'soft-paper': { ...wide, softModules: { routeWidths: wideLayers } },
};

/** How the authors' models of a dataset differ from those of MovieLens (appendix 7.2.1). */
const sizes: Readonly<Record<DatasetKind, Readonly<Record<string, object>>>> = {
  movielens: {},
  taobao,
  hybrid: {
    ...taobao,
    'dcn-f-paper': wide,
    'soft-paper': { ...wide, softModules: { routeWidths: wideLayers, moduleWidths: [32, 32, 32] } },
  },
};

/** Returns the changes to the configuration of a benchmark model for scenarios of a dataset. Empty for none. */
export function sizesFor(dataset: DatasetKind, model: string): object {
  return sizes[dataset][model] ?? {};
}
