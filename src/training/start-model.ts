import type { HostTensors, LossFunction } from '../engine/engine.ts';
import { withDropped } from '../features/dropped-features.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';
import type { CmmlConfig } from '../models/cmml/cmml-config.ts';
import { cmmlLoss } from '../models/cmml/cmml-loss.ts';
import { declareCmml, declareTrainedCmml } from '../models/cmml/cmml-network.ts';
import type { ConetConfig } from '../models/conet/conet-config.ts';
import { conetLoss } from '../models/conet/conet-loss.ts';
import { declareConet, declareTrainedConet } from '../models/conet/conet-network.ts';
import type { DcnConfig } from '../models/dcn/dcn-config.ts';
import { dcnLoss } from '../models/dcn/dcn-loss.ts';
import { declareDcn, declareTrainedDcn } from '../models/dcn/dcn-network.ts';
import { embeddingConstants, learnedTables, usesFactors } from '../models/embedding/entity-embedding.ts';
import { countInteractions } from '../models/item-popularity.ts';
import type { MamlConfig } from '../models/maml/maml-config.ts';
import { mamlLoss } from '../models/maml/maml-loss.ts';
import { declareMaml, declareLayers as declareMamlLayers, declareTrainedMaml } from '../models/maml/maml-network.ts';
import { checkParameterCount, storedParameters, trainedParameters } from '../models/model-sizes.ts';
import { initialize, type ParameterDeclarations } from '../models/parameter-declarations.ts';
import type { TrainedSets } from '../models/pooled-loss.ts';
import type { ModelConfigs, RecommenderKind } from '../models/recommenders.ts';
import type { S2MetaConfig } from '../models/s2meta/s2meta-config.ts';
import { s2metaLoss } from '../models/s2meta/s2meta-loss.ts';
import {
  declareS2Meta,
  declareLayers as declareS2MetaLayers,
  declareTrainedS2Meta,
} from '../models/s2meta/s2meta-network.ts';
import type { TanpConfig } from '../models/tanp/tanp-config.ts';
import { tanpLoss } from '../models/tanp/tanp-loss.ts';
import { declareTanp, declareTrainedTanp } from '../models/tanp/tanp-network.ts';
import type { NegativeSampling } from '../tasks/episode-options.ts';
import { positiveFromOf } from '../tasks/positives.ts';
import { interactionsOf, type TrainingData } from '../tasks/training-data.ts';
import {
  type FitOptions,
  fitEaseModel,
  fitIalsModel,
  fitItemKnnModel,
  fitItemPopularity,
} from './closed-form/closed-form-models.ts';
import { checkStepMemory, type InnerSteps } from './inner-steps.ts';
import { type NoiseKind, noiseBatches, standardNormal, uniform } from './noise-batches.ts';
import { sourceBatches } from './source-batches.ts';
import { startListCmml } from './start-list-cmml.ts';
import type { CountedModel, StartOptions, TrainableModel } from './trainable-model.ts';
import { type TrainedFields, trainedFields } from './trained-fields.ts';
import type { ParsedRecipe, RecipeConfig } from './training-recipe.ts';

type ModelStarter<Kind extends RecommenderKind> = (
  recipe: ParsedRecipe<Kind>,
  data: TrainingData,
  options: StartOptions,
) => Promise<TrainableModel | CountedModel>;

/** What differs between models that learn by gradient. */
interface LearnedModel<Config> {
  /** Returns the configuration of a recipe with the fields that training sets. What the recipe gives, stays. */
  readonly complete: (config: RecipeConfig<Config>, fields: TrainedFields) => Config;
  readonly declareTrained: (config: Config, schema: FeatureSchema) => ParameterDeclarations;
  /** Declares all parameters, factors included. */
  readonly declare: (config: Config, schema: FeatureSchema) => ParameterDeclarations;
  readonly loss: (config: Config, schema: FeatureSchema, negatives: NegativeSampling) => LossFunction;
  /** Absent if the loss has no gradient steps. */
  readonly innerSteps?: (config: Config, schema: FeatureSchema) => InnerSteps;
}

/** The configurations of models that learn from support and query sets. */
interface LearnedConfigs {
  readonly cmml: CmmlConfig;
  readonly dcn: DcnConfig;
  readonly maml: MamlConfig;
  readonly s2meta: S2MetaConfig;
  readonly tanp: TanpConfig;
  readonly conet: ConetConfig;
}
type LearnedKind = keyof LearnedConfigs;
type LearnedRecipe<Kind extends LearnedKind> = Pick<ParsedRecipe, 'options'> & {
  readonly kind: Kind;
  readonly config: RecipeConfig<LearnedConfigs[Kind]>;
};

const learnedModels: { readonly [Kind in LearnedKind]: LearnedModel<LearnedConfigs[Kind]> } = {
  cmml: {
    complete: (config, fields) => ({ ...fields, ...config }),
    declareTrained: declareTrainedCmml,
    declare: declareCmml,
    loss: cmmlLoss,
  },
  dcn: {
    complete: (config, fields) => ({ ...fields, ...config }),
    declareTrained: declareTrainedDcn,
    declare: declareDcn,
    loss: (config, schema, negatives) => dcnLoss(config, schema, trainedSets(negatives)),
  },
  conet: {
    complete: (config, { supportLimit, support }) => ({ supportLimit, support, ...config }),
    declareTrained: declareTrainedConet,
    declare: declareConet,
    loss: (config, schema, negatives) => conetLoss(config, schema, trainedSets(negatives)),
  },
  maml: {
    complete: (config, fields) => ({ ...fields, ...config }),
    declareTrained: declareTrainedMaml,
    declare: declareMaml,
    loss: mamlLoss,
    innerSteps: (config, schema) => ({
      count: config.innerSteps,
      sizeField: 'innerLearningRate',
      layers: declareMamlLayers(config, schema),
      heldNumbers: 25,
    }),
  },
  s2meta: {
    complete: (config, fields) => ({ ...fields, ...config }),
    declareTrained: declareTrainedS2Meta,
    declare: declareS2Meta,
    loss: s2metaLoss,
    innerSteps: (config, schema) => ({
      count: config.innerSteps,
      sizeField: 'stepStart',
      layers: declareS2MetaLayers(config, schema),
      // Each parameter has the state of the update controller to itself.
      heldNumbers: 45 * config.updateWidth,
    }),
  },
  tanp: {
    complete: (config, fields) => ({ ...fields, ...config }),
    declareTrained: declareTrainedTanp,
    declare: declareTanp,
    loss: tanpLoss,
  },
};

/** A loss on support sets with only positives would teach that every item is liked. */
function trainedSets(negatives: NegativeSampling): TrainedSets {
  return negatives === 'query' ? ['query'] : ['support', 'query'];
}

async function startLearned<Kind extends LearnedKind>(
  recipe: LearnedRecipe<Kind>,
  data: TrainingData,
  { pretrain }: StartOptions,
): Promise<TrainableModel> {
  const { kind }: { kind: Kind } = recipe;
  const { seed, episodes, tasksPerStep } = recipe.options;
  const { complete, declareTrained, declare, loss, innerSteps } = learnedModels[kind];
  const { schema } = data;
  const [users, items] = [withDropped(schema, 'user', data.users), withDropped(schema, 'item', data.items)];
  const config = complete(recipe.config, trainedFields(data, episodes));
  checkParameterCount(config, (changed) => declareTrained(changed, schema), trainedParameters);
  checkParameterCount(config, (changed) => declare(changed, schema), storedParameters);
  const steps = innerSteps?.(config, schema);
  if (steps) checkStepMemory(steps, tasksPerStep);
  const factors = usesFactors(config) ? await pretrain(config.factorWidth) : undefined;
  return {
    kind,
    config,
    parameters: initialize(declareTrained(config, schema), seed),
    loss: loss(config, schema, episodes.negatives),
    frozen: factors?.parameters ?? {},
    holdsOut: factors !== undefined,
    constants: embeddingConstants(config, users, items, factors?.entities),
    embeddingTables: learnedTables(config),
    ...(steps && { stepField: steps.sizeField }),
  };
}

const startCmml: ModelStarter<'cmml'> = async ({ config, ...recipe }, data, options) => {
  if (config.objective === 'softmax') return startListCmml(config, recipe.options, data, options);
  return startLearned({ ...recipe, config }, data, options);
};

/** Only training draws latent variables. */
const startTanp: ModelStarter<'tanp'> = async (recipe, data, options) => {
  const model = await startLearned(recipe, data, options);
  const { latentWidth } = model.config as TanpConfig;
  return { ...model, batches: withNoise(latentWidth, standardNormal) };
};

/** Only training draws which steps are the last ones. */
const startS2Meta: ModelStarter<'s2meta'> = async (recipe, data, options) => {
  const model = await startLearned(recipe, data, options);
  const { innerSteps } = model.config as S2MetaConfig;
  return { ...model, batches: withNoise(innerSteps, uniform) };
};

/** Only the batches of training drop features. */
function withNoise(width: number, kind: NoiseKind): NonNullable<TrainableModel['batches']> {
  return (episodes, dropout) => noiseBatches(width, kind, episodes(), dropout ? 'training' : 'validation');
}

/** The target domain is the tasks. The source domain is all interactions that training may use. */
const startConet: ModelStarter<'conet'> = async (recipe, data, options) => {
  const batches = sourceBatches(data, recipe.options);
  return { ...(await startLearned(recipe, data, options)), batches };
};

/** Counts positives if the tasks tell them apart, and otherwise all interactions. */
const startItemPopularity: ModelStarter<'itemPopularity'> = async ({ kind, config: given }, data) => {
  const typed = data.tasks.some(({ types }) => types !== undefined);
  const { positiveFrom = typed ? positiveFromOf(data) : undefined } = given;
  if (positiveFrom === undefined) {
    const parameters = countInteractions(data.schema, data.items, interactionsOf(data).items);
    return { kind, config: given, parameters, frozen: {} };
  }
  const config = { positiveFrom };
  return { kind, config, parameters: await fitItemPopularity(config, data), frozen: {} };
};

/** What differs between models that are computed in closed form from the positives of the training tasks. */
interface ClosedForm<Config> {
  /** Returns the configuration of a recipe with the rating from which an interaction is positive. */
  readonly complete: (config: RecipeConfig<Config>, positiveFrom: number) => Config;
  readonly compute: (config: Config, data: TrainingData, options: FitOptions) => Promise<HostTensors>;
}

type ClosedFormKind = 'ease' | 'itemKnn' | 'ials';

const closedForms: { readonly [Kind in ClosedFormKind]: ClosedForm<ModelConfigs[Kind]> } = {
  ease: { complete: (config, positiveFrom) => ({ positiveFrom, ...config }), compute: fitEaseModel },
  itemKnn: { complete: (config, positiveFrom) => ({ positiveFrom, ...config }), compute: fitItemKnnModel },
  ials: { complete: (config, positiveFrom) => ({ positiveFrom, ...config }), compute: fitIalsModel },
};

async function startClosedForm<Kind extends ClosedFormKind>(
  recipe: ParsedRecipe<Kind>,
  data: TrainingData,
  { onProgress, ...options }: StartOptions,
): Promise<CountedModel> {
  const { kind }: { kind: Kind } = recipe;
  const { complete, compute } = closedForms[kind];
  const config = complete(recipe.config, positiveFromOf(data));
  const parameters = await compute(config, data, {
    ...options,
    seed: recipe.options.seed,
    onProgress: (fraction) => onProgress?.({ phase: 'factors', fraction }),
  });
  return { kind, config, parameters, frozen: {} };
}

const modelStarters: { readonly [Kind in RecommenderKind]: ModelStarter<Kind> } = {
  cmml: startCmml,
  dcn: startLearned,
  maml: startLearned,
  s2meta: startS2Meta,
  tanp: startTanp,
  conet: startConet,
  itemPopularity: startItemPopularity,
  ease: startClosedForm,
  itemKnn: startClosedForm,
  ials: startClosedForm,
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
