import type { HostTensor, HostTensors } from '../engine/engine.ts';
import { type CmmlConfig, parseCmmlConfig } from '../models/cmml/cmml-config.ts';
import { parseListConfig, ranksCatalog } from '../models/cmml/lists/list-config.ts';
import type { ModulationKind } from '../models/cmml/network-fields.ts';
import type { Recommender } from '../models/recommender.ts';
import { distanceFromAverage } from './distance-from-average.ts';
import { layersNamed, meanRoute, type RouteLayer, type RoutePath, strongestPath } from './routes.ts';

export interface RouteExplanation {
  readonly kind: 'route';
  readonly layers: readonly RouteLayer[];
  readonly strongestPath: RoutePath;
}

export interface LayerModulation {
  readonly scales: readonly number[];
  /** `null` if units are only scaled. */
  readonly shifts: readonly number[] | null;
  /** See `distanceFromAverage`. The sample is read at the first call. */
  readonly distanceFromAverage: () => Promise<number | null>;
}

export interface LayerModulationExplanation {
  readonly kind: 'layers';
  readonly layers: readonly LayerModulation[];
}

/** One term of the sum that makes up a score, in the units of the score. */
export interface WeightTerm {
  readonly unit: number;
  readonly weight: number;
  readonly activation: number;
  /** `weight · activation`. */
  readonly contribution: number;
}

/** The score is the sum of the bias, all terms, and the ridge or closed-form part. */
export interface GeneratedWeightsExplanation {
  readonly kind: 'weights';
  readonly bias: number;
  readonly largestTerms: readonly WeightTerm[];
}

export type ModulationExplanation = RouteExplanation | LayerModulationExplanation | GeneratedWeightsExplanation;

/** Reads the explanations of the same item in a sample of tasks, one for each task. */
export type ReadSample = () => Promise<readonly HostTensors[]>;

/** What an explanation needs to know of a CMML model: its modulation, and the scale of its scores. */
export type ExplainedConfig = Pick<CmmlConfig, 'modulation' | 'labels'>;

/** Returns what is needed of the configuration of a CMML model; `undefined` for other models. */
export function cmmlConfigOf(recommender: Recommender): ExplainedConfig | undefined {
  const { kind, config } = recommender.save();
  if (kind !== 'cmml') return undefined;
  // The scores of a model that ranks the catalog are not in the units of ratings.
  if (ranksCatalog(config))
    return { modulation: parseListConfig(config).modulation, labels: { mean: 0, deviation: 1 } };
  return parseCmmlConfig(config);
}

/** Translates the explanation tensors of one item into the terms of its modulation. */
export function explainModulation(
  config: ExplainedConfig,
  explained: HostTensors,
  readSample: ReadSample,
): ModulationExplanation {
  return explanations[config.modulation](explained, config, readSample);
}

type Explain = (explained: HostTensors, config: ExplainedConfig, readSample: ReadSample) => ModulationExplanation;

const explanations: Record<ModulationKind, Explain> = {
  softModules(explained) {
    const layers = meanRoute(explained);
    return { kind: 'route', layers, strongestPath: strongestPath(layers) };
  },
  film: (explained, _config, readSample) => explainLayers(explained, ['scale', 'shift'], readSample),
  sigmoid: (explained, _config, readSample) => explainLayers(explained, ['gate'], readSample),
  linear: (explained, config) => explainWeights(explained, config.labels),
};

function explainLayers(
  explained: HostTensors,
  [scale, shift]: readonly [scale: string, shift?: string],
  readSample: ReadSample,
): LayerModulationExplanation {
  const shifts = shift ? layersNamed(explained, shift) : undefined;
  const layers = layersNamed(explained, scale).map((scales, layer): LayerModulation => {
    const names = [`${scale}.${layer + 1}`, ...(shift ? [`${shift}.${layer + 1}`] : [])];
    const numbers = (of: HostTensors) => names.flatMap((name) => numbersOf(of[name]));
    return {
      scales: numbersOf(scales),
      shifts: shifts ? numbersOf(shifts[layer]) : null,
      distanceFromAverage: async () => distanceFromAverage(numbers(explained), (await readSample()).map(numbers)),
    };
  });
  return { kind: 'layers', layers };
}

const maxTerms = 20;

/** The network computes standardized scores. `labels` converts them into the scores of the list. */
function explainWeights(
  explained: HostTensors,
  { mean, deviation }: CmmlConfig['labels'],
): GeneratedWeightsExplanation {
  const hidden = numbersOf(explained.hidden);
  const terms = numbersOf(explained.weight).map((generated, unit): WeightTerm => {
    const weight = deviation * generated;
    const activation = hidden[unit] as number;
    return { unit, weight, activation, contribution: weight * activation };
  });
  terms.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  const [bias] = numbersOf(explained.bias) as [number];
  return { kind: 'weights', bias: mean + deviation * bias, largestTerms: terms.slice(0, maxTerms) };
}

/** What parts of the network that are fitted to the support set in closed form add to a score; `null` without one. */
export interface FittedParts {
  /** A model that predicts ratings, or one of scenarios: the ridge regression. */
  readonly ridgePart: number | null;
  /** A model that ranks the catalog: its closed-form head. */
  readonly closedFormPart: number | null;
}

/** Returns the parts of the score of the explained item; those of a model that is not CMML are `null`. */
export function fittedPartsOf(config: ExplainedConfig | undefined, { ridge, closedForm }: HostTensors): FittedParts {
  const inScore = (part: HostTensor | undefined) =>
    config && part ? config.labels.deviation * (part.data[0] as number) : null;
  return { ridgePart: inScore(ridge), closedFormPart: inScore(closedForm) };
}

function numbersOf(tensor: HostTensor | undefined): number[] {
  return Array.from(tensor?.data ?? []);
}
