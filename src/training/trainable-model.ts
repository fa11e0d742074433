import { WarmstartError } from '../common/errors.ts';
import type { Engine, HostTensors, LossFunction, Signature } from '../engine/engine.ts';
import type { CmmlConfig } from '../models/cmml/cmml-config.ts';
import { cmmlLoss } from '../models/cmml/cmml-loss.ts';
import { declareCmml, declareTrainedCmml } from '../models/cmml/cmml-network.ts';
import { dcnLoss } from '../models/dcn/dcn-loss.ts';
import { declareDcn, declareTrainedDcn } from '../models/dcn/dcn-network.ts';
import { embeddingConstants, learnedTables, usesFactors } from '../models/embedding/entity-embedding.ts';
import { episodeInputs } from '../models/episodes.ts';
import { countInteractions } from '../models/item-popularity.ts';
import { checkParameterCount, storedParameters } from '../models/model-sizes.ts';
import { initialize } from '../models/parameter-declarations.ts';
import type { SupportKind } from '../models/recommender.ts';
import { checkTrainedSize, type RecommenderKind } from '../models/recommenders.ts';
import type { BatchSize } from '../tasks/episode-batch.ts';
import { type EpisodeOptions, type NegativeSampling, supportPlaces } from '../tasks/episode-options.ts';
import { interactionsOf, type Task, type TrainingData, userOf } from '../tasks/training-data.ts';
import type { PretrainedFactors } from './pretrain-factors.ts';
import type { ParsedRecipe, SetByTraining } from './training-recipe.ts';
import type { TrainingProgress } from './training-request.ts';

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

/** What a model can use before its first step, beside its recipe and the data. */
export interface StartOptions {
  readonly engine: Engine;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: TrainingProgress) => void) | undefined;
  /** Makes factors of users and items. Called only for models that embed them by factors. */
  readonly pretrain: (factorWidth: number) => Promise<PretrainedFactors>;
}

type ModelStarter<Kind extends RecommenderKind> = (
  recipe: ParsedRecipe<Kind>,
  data: TrainingData,
  options: StartOptions,
) => Promise<TrainableModel | CountedModel>;

const startCmml: ModelStarter<'cmml'> = async (recipe, data, { pretrain }) => {
  const { seed, episodes } = recipe.options;
  const config = { ...supportFields(data, episodes), ...recipe.config };
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

const startDcn: ModelStarter<'dcn'> = async (recipe, data, { pretrain }) => {
  const { seed, episodes } = recipe.options;
  const config = { ...supportFields(data, episodes), ...recipe.config };
  checkTrainedSize('dcn', config, data.schema);
  checkParameterCount(config, (changed) => declareDcn(changed, data.schema), storedParameters);
  const factors = usesFactors(config) ? await pretrain(config.factorWidth) : undefined;
  return {
    kind: 'dcn',
    config,
    parameters: initialize(declareTrainedDcn(config, data.schema), seed),
    // A loss on support sets with only positives would teach that every item is liked.
    loss: dcnLoss(config, data.schema, episodes.negatives === 'query' ? ['query'] : ['support', 'query']),
    frozen: factors?.parameters ?? {},
    constants: embeddingConstants(config, data.users, data.items, factors?.entities),
    embeddingTables: learnedTables(config),
    batchInputs: episodeInputs,
  };
};

const startItemPopularity: ModelStarter<'itemPopularity'> = async ({ kind, config }, data) => ({
  kind,
  config,
  parameters: countInteractions(data.schema, data.items, interactionsOf(data).items),
  frozen: {},
});

const modelStarters: { readonly [Kind in RecommenderKind]: ModelStarter<Kind> } = {
  cmml: startCmml,
  dcn: startDcn,
  itemPopularity: startItemPopularity,
};

/**
 * Prepares a model for training on data. Throws INVALID_CONFIGURATION if the model would be too large with these users
 * and items.
 */
export function startModel<Kind extends RecommenderKind>(
  recipe: ParsedRecipe<Kind>,
  data: TrainingData,
  options: StartOptions,
): Promise<TrainableModel | CountedModel> {
  const { kind }: { kind: Kind } = recipe;
  return modelStarters[kind](recipe, data, options);
}

/** Returns the configuration fields that describe the support sets of training. */
function supportFields({ tasks }: TrainingData, episodes: EpisodeOptions): Pick<CmmlConfig, SetByTraining> {
  const { negatives } = episodes;
  return {
    labels: negatives === 'none' ? labelScale(tasks) : marks,
    supportLimit: supportPlaces(episodes),
    support: supports[negatives],
  };
}

/** The scale of labels that only mark positives and negatives. */
const marks = { mean: 0, deviation: 1 };

const supports: Record<NegativeSampling, SupportKind> = {
  none: 'labels',
  query: 'positives',
  both: 'positivesAndNegatives',
};

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
