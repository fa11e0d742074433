import { WarmstartError } from '../common/errors.ts';
import type { HostTensors, LossFunction, Signature } from '../engine/engine.ts';
import { parseCmmlConfig } from '../models/cmml/cmml-config.ts';
import { cmmlLoss } from '../models/cmml/cmml-loss.ts';
import { declareCmml, declareTrainedCmml } from '../models/cmml/cmml-network.ts';
import { parseDcnConfig } from '../models/dcn/dcn-config.ts';
import { dcnLoss } from '../models/dcn/dcn-loss.ts';
import { declareDcn, declareTrainedDcn } from '../models/dcn/dcn-network.ts';
import { embeddingConstants, learnedTables, usesFactors } from '../models/embedding/entity-embedding.ts';
import { episodeInputs } from '../models/episodes.ts';
import { countInteractions, parseItemPopularityConfig } from '../models/item-popularity.ts';
import { checkParameterCount, storedParameters } from '../models/model-sizes.ts';
import { initialize } from '../models/parameter-declarations.ts';
import type { SupportKind } from '../models/recommender.ts';
import { checkTrainedSize, type RecommenderKind } from '../models/recommenders.ts';
import type { BatchSize } from '../tasks/episode-batch.ts';
import type { NegativeSampling } from '../tasks/episode-options.ts';
import { interactionsOf, type Task, type TrainingData, userOf } from '../tasks/training-data.ts';
import type { PretrainedFactors } from './pretrain-factors.ts';
import { checkObjective, type setByTraining } from './training-recipe.ts';

/** A model before training: its initial parameters and its loss. */
export interface TrainableModel {
  readonly kind: RecommenderKind;
  readonly config: unknown;
  readonly parameters: HostTensors;
  readonly loss: LossFunction;
  /** Parameters that belong to the model and are not trained. */
  readonly frozen: HostTensors;
  /** The inputs of the loss that are equal for all batches. */
  readonly constants: HostTensors;
  /** The names of the parameters that a batch reads by row. */
  readonly embeddingTables: readonly string[];
  /** The inputs of the loss that come from an `EpisodeBatch` of this size. */
  batchInputs(size: BatchSize): Signature;
}

/** A model whose parameters are counted from the data instead of trained. */
export interface CountedModel extends Pick<TrainableModel, 'kind' | 'config' | 'parameters' | 'frozen'> {
  readonly loss?: undefined;
}

export interface StartOptions {
  readonly seed: number;
  /** Maximum number of pairs in a support set in training, including negatives. */
  readonly supportLimit: number;
  /** The sets of an episode that have negatives, see `EpisodeOptions`. */
  readonly negatives: NegativeSampling;
  /** Makes factors of users and items. Called only for models that embed them by factors. */
  readonly pretrain: (factorWidth: number) => Promise<PretrainedFactors>;
}

/**
 * Prepares a model for training on data. Throws INVALID_CONFIGURATION if its configuration is invalid, or if the model
 * would be too large with these users and items.
 */
export type ModelStarter = (
  config: object,
  data: TrainingData,
  options: StartOptions,
) => Promise<TrainableModel | CountedModel>;

const startCmml: ModelStarter = async (input, data, options) => {
  const { seed, negatives, pretrain } = options;
  const config = parseCmmlConfig({ ...supportFields(data, options), ...input });
  checkObjective(config.objective, negatives);
  checkTrainedSize('cmml', config, data.schema);
  checkParameterCount(config, (changed) => declareCmml(changed, data.schema), storedParameters);
  const factors = usesFactors(config) ? await pretrain(config.factorWidth) : undefined;
  return {
    kind: 'cmml',
    config,
    parameters: initialize(declareTrainedCmml(config, data.schema), seed),
    loss: cmmlLoss(config, data.schema),
    frozen: factors?.parameters ?? {},
    constants: embeddingConstants(config, data.users, data.items, factors?.entities),
    embeddingTables: learnedTables(config),
    batchInputs: episodeInputs,
  };
};

const startDcn: ModelStarter = async (input, data, options) => {
  const { seed, negatives, pretrain } = options;
  const config = parseDcnConfig({ ...supportFields(data, options), ...input });
  checkObjective(config.objective, negatives);
  checkTrainedSize('dcn', config, data.schema);
  checkParameterCount(config, (changed) => declareDcn(changed, data.schema), storedParameters);
  const factors = usesFactors(config) ? await pretrain(config.factorWidth) : undefined;
  return {
    kind: 'dcn',
    config,
    parameters: initialize(declareTrainedDcn(config, data.schema), seed),
    // A loss on support sets with only positives would teach that every item is liked.
    loss: dcnLoss(config, data.schema, negatives === 'query' ? ['query'] : ['support', 'query']),
    frozen: factors?.parameters ?? {},
    constants: embeddingConstants(config, data.users, data.items, factors?.entities),
    embeddingTables: learnedTables(config),
    batchInputs: episodeInputs,
  };
};

const startItemPopularity: ModelStarter = async (input, data) => ({
  kind: 'itemPopularity',
  config: parseItemPopularityConfig(input),
  parameters: countInteractions(data.schema, data.items, interactionsOf(data).items),
  frozen: {},
});

export const modelStarters: Record<RecommenderKind, ModelStarter> = {
  cmml: startCmml,
  dcn: startDcn,
  itemPopularity: startItemPopularity,
};

/** Returns the configuration fields that describe the support sets of training. */
function supportFields(
  data: TrainingData,
  { negatives, supportLimit }: StartOptions,
): Record<(typeof setByTraining)[number], unknown> {
  return { labels: labelsOf(data, negatives), supportLimit, support: supports[negatives] };
}

const supports: Record<NegativeSampling, SupportKind> = {
  none: 'labels',
  query: 'positives',
  both: 'positivesAndNegatives',
};

/** Returns the scale of the labels, or `undefined` if labels only mark positives and negatives. */
function labelsOf({ tasks }: TrainingData, negatives: NegativeSampling): ReturnType<typeof labelScale> | undefined {
  return negatives === 'none' ? labelScale(tasks) : undefined;
}

/** Returns the mean and standard deviation of all labels. The deviation is 1 if all labels are equal. */
function labelScale(tasks: readonly Task[]): { mean: number; deviation: number } {
  let [count, total, squares] = [0, 0, 0];
  for (const task of tasks) {
    const { labels } = task;
    for (const [pair, label] of labels.entries()) {
      if (!Number.isFinite(label)) throw notFinite(label, userOf(task, pair));
      total += label;
      squares += label * label;
    }
    count += labels.length;
  }
  const mean = total / count;
  const variance = squares / count - mean * mean;
  return { mean, deviation: variance > 1e-12 ? Math.sqrt(variance) : 1 };
}

function notFinite(label: number, user: number): WarmstartError {
  return new WarmstartError(
    'INVALID_DATA',
    `Expected finite labels, got ${label} of user row ${user}; correct or remove the interaction.`,
  );
}
