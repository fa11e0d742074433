import { WarmstartError } from '../common/errors.ts';
import type { Engine, FunctionDefinition } from '../engine/engine.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';
import { type EaseConfig, easeServingFunctions, loadEase, parseEaseConfig } from './closed-form/ease.ts';
import { type IalsConfig, ialsServingFunctions, loadIals, parseIalsConfig } from './closed-form/ials.ts';
import {
  type ItemKnnConfig,
  itemKnnServingFunctions,
  loadItemKnn,
  parseItemKnnConfig,
} from './closed-form/item-knn.ts';
import { type CmmlConfig, parseCmmlConfig } from './cmml/cmml-config.ts';
import { declareTrainedCmml } from './cmml/cmml-network.ts';
import { loadCmml } from './cmml/cmml-recommender.ts';
import { cmmlServingFunctions } from './cmml/cmml-serving-functions.ts';
import { type ListConfig, parseListConfig, ranksCatalog } from './cmml/lists/list-config.ts';
import { declareTrainedList } from './cmml/lists/list-network.ts';
import { loadListCmml } from './cmml/lists/list-recommender.ts';
import { listServingFunctions } from './cmml/lists/list-serving-functions.ts';
import { refinedServingFunctions } from './cmml/refined-model.ts';
import { refines } from './cmml/refinement.ts';
import { type ConetConfig, parseConetConfig } from './conet/conet-config.ts';
import { declareTrainedConet } from './conet/conet-network.ts';
import { conetServingFunctions, loadConet } from './conet/conet-recommender.ts';
import { type DcnConfig, parseDcnConfig } from './dcn/dcn-config.ts';
import { declareTrainedDcn } from './dcn/dcn-network.ts';
import { dcnServingFunctions, loadDcn } from './dcn/dcn-recommender.ts';
import { type ItemPopularityConfig, loadItemPopularity, parseItemPopularityConfig } from './item-popularity.ts';
import { type MamlConfig, parseMamlConfig } from './maml/maml-config.ts';
import { declareTrainedMaml } from './maml/maml-network.ts';
import { loadMaml } from './maml/maml-recommender.ts';
import { mamlServingFunctions } from './maml/maml-serving-functions.ts';
import { checkParameterCount, trainedParameters } from './model-sizes.ts';
import type { ParameterDeclarations } from './parameter-declarations.ts';
import type { ModelArtifact, Recommender, RecommenderLoader } from './recommender.ts';
import { parseS2MetaConfig, type S2MetaConfig } from './s2meta/s2meta-config.ts';
import { declareTrainedS2Meta } from './s2meta/s2meta-network.ts';
import { loadS2Meta } from './s2meta/s2meta-recommender.ts';
import { s2metaServingFunctions } from './s2meta/s2meta-serving-functions.ts';
import { parseTanpConfig, type TanpConfig } from './tanp/tanp-config.ts';
import { declareTrainedTanp } from './tanp/tanp-network.ts';
import { loadTanp } from './tanp/tanp-recommender.ts';
import { tanpServingFunctions } from './tanp/tanp-serving-functions.ts';

export const recommenderKinds = [
  'cmml',
  'dcn',
  'maml',
  's2meta',
  'tanp',
  'conet',
  'itemPopularity',
  'ease',
  'itemKnn',
  'ials',
] as const;
export type RecommenderKind = (typeof recommenderKinds)[number];

/** The parsed configuration of each kind of model. */
export interface ModelConfigs extends Record<RecommenderKind, object> {
  readonly cmml: CmmlConfig | ListConfig;
  readonly dcn: DcnConfig;
  readonly maml: MamlConfig;
  readonly s2meta: S2MetaConfig;
  readonly tanp: TanpConfig;
  readonly conet: ConetConfig;
  readonly itemPopularity: ItemPopularityConfig;
  readonly ease: EaseConfig;
  readonly itemKnn: ItemKnnConfig;
  readonly ials: IalsConfig;
}

interface RecommenderRow<Config> {
  readonly parseConfig: (input: unknown) => Config;
  /** Declares the trained parameters of a model with this configuration. */
  readonly declareTrained: (config: Config, schema: FeatureSchema) => ParameterDeclarations;
  readonly load: RecommenderLoader;
  /** Returns the functions that the model serves with, by role. A model that only counts has none. Needs no engine. */
  readonly servingFunctions: (artifact: ModelArtifact) => ServingFunctions;
}

type ServingFunctions = Readonly<Record<string, FunctionDefinition>>;

const recommenders: { readonly [Kind in RecommenderKind]: RecommenderRow<ModelConfigs[Kind]> } = {
  cmml: {
    parseConfig: (input) => (ranksCatalog(input) ? parseListConfig(input) : parseCmmlConfig(input)),
    declareTrained: (config, schema) =>
      config.objective === 'softmax' ? declareTrainedList(config, schema) : declareTrainedCmml(config, schema),
    load: (artifact, engine) => (ranksCatalog(artifact.config) ? loadListCmml : loadCmml)(artifact, engine),
    servingFunctions(artifact) {
      if (ranksCatalog(artifact.config)) return listServingFunctions(artifact) as ServingFunctions;
      const refined = refines(parseCmmlConfig(artifact.config));
      return (refined ? refinedServingFunctions : cmmlServingFunctions)(artifact);
    },
  },
  dcn: {
    parseConfig: parseDcnConfig,
    declareTrained: declareTrainedDcn,
    load: loadDcn,
    servingFunctions: (artifact) => ({ ...dcnServingFunctions(artifact) }) as ServingFunctions,
  },
  maml: {
    parseConfig: parseMamlConfig,
    declareTrained: declareTrainedMaml,
    load: loadMaml,
    servingFunctions: mamlServingFunctions,
  },
  s2meta: {
    parseConfig: parseS2MetaConfig,
    declareTrained: declareTrainedS2Meta,
    load: loadS2Meta,
    servingFunctions: s2metaServingFunctions,
  },
  tanp: {
    parseConfig: parseTanpConfig,
    declareTrained: declareTrainedTanp,
    load: loadTanp,
    servingFunctions: tanpServingFunctions,
  },
  conet: {
    parseConfig: parseConetConfig,
    declareTrained: declareTrainedConet,
    load: loadConet,
    servingFunctions: (artifact) => ({ ...conetServingFunctions(artifact) }) as ServingFunctions,
  },
  itemPopularity: {
    parseConfig: parseItemPopularityConfig,
    declareTrained: () => ({}),
    load: loadItemPopularity,
    servingFunctions: () => ({}),
  },
  ease: {
    parseConfig: parseEaseConfig,
    declareTrained: () => ({}),
    load: loadEase,
    servingFunctions: easeServingFunctions,
  },
  itemKnn: {
    parseConfig: parseItemKnnConfig,
    declareTrained: () => ({}),
    load: loadItemKnn,
    servingFunctions: itemKnnServingFunctions,
  },
  ials: {
    parseConfig: parseIalsConfig,
    declareTrained: () => ({}),
    load: loadIals,
    servingFunctions: ialsServingFunctions,
  },
};

/** Returns the configuration with defaults. Throws INVALID_CONFIGURATION if it is invalid, see `parseConfiguration`. */
export function parseModelConfig<Kind extends RecommenderKind>(kind: Kind, input: unknown): ModelConfigs[Kind] {
  return recommenders[kind].parseConfig(input);
}

/**
 * Throws INVALID_CONFIGURATION if a model with this parsed configuration and schema has too many trained parameters,
 * see `checkParameterCount`.
 */
export function checkTrainedSize<Kind extends RecommenderKind>(
  kind: Kind,
  config: ModelConfigs[Kind],
  schema: FeatureSchema,
): void {
  checkParameterCount(config, (changed) => declareTrained(kind, changed, schema), trainedParameters);
}

/** Declares the trained parameters of a model. */
export function declareTrained<Kind extends RecommenderKind>(
  kind: Kind,
  config: ModelConfigs[Kind],
  schema: FeatureSchema,
): ParameterDeclarations {
  return recommenders[kind].declareTrained(config, schema);
}

/** Makes a recommender of any kind from its artifact. Throws INVALID_DATA if the kind is unknown. */
export async function loadRecommender(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  return rowOf(artifact).load(artifact, engine);
}

/** Returns the functions that a model serves with, ready to export. Throws INVALID_DATA if the kind is unknown. */
export function servingFunctions(artifact: ModelArtifact): ServingFunctions {
  return rowOf(artifact).servingFunctions(artifact);
}

function rowOf({ kind }: ModelArtifact): Pick<RecommenderRow<never>, 'load' | 'servingFunctions'> {
  if (isRecommenderKind(kind)) return recommenders[kind];
  throw new WarmstartError(
    'INVALID_DATA',
    `Expected a model of kind ${recommenderKinds.join(', ')}, got "${kind}"; a newer version may have trained it.`,
  );
}

function isRecommenderKind(kind: string): kind is RecommenderKind {
  return (recommenderKinds as readonly string[]).includes(kind);
}
