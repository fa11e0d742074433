import { WarmstartError } from '../common/errors.ts';
import type { Engine, FunctionDefinition } from '../engine/engine.ts';
import type { FeatureSchema } from '../features/feature-schema.ts';
import { type CmmlConfig, parseCmmlConfig } from './cmml/cmml-config.ts';
import { declareTrainedCmml } from './cmml/cmml-network.ts';
import { loadCmml } from './cmml/cmml-recommender.ts';
import { cmmlServingFunctions } from './cmml/cmml-serving-functions.ts';
import { type DcnConfig, parseDcnConfig } from './dcn/dcn-config.ts';
import { declareTrainedDcn } from './dcn/dcn-network.ts';
import { loadDcn } from './dcn/dcn-recommender.ts';
import { dcnServingFunctions } from './dcn/dcn-serving-functions.ts';
import type { EmbeddingKind } from './embedding/embedding-config.ts';
import { loadItemPopularity, parseItemPopularityConfig } from './item-popularity.ts';
import { checkParameterCount, trainedParameters } from './model-sizes.ts';
import type { ObjectiveKind } from './objectives.ts';
import type { ParameterDeclarations } from './parameter-declarations.ts';
import type { ModelArtifact, Recommender, RecommenderLoader } from './recommender.ts';

export const recommenderKinds = ['cmml', 'dcn', 'itemPopularity'] as const;
export type RecommenderKind = (typeof recommenderKinds)[number];

/** What others than the model itself read of its configuration; a model that learns nothing has none of it. */
export interface ModelConfig {
  readonly objective?: ObjectiveKind;
  readonly embedding?: EmbeddingKind;
}

interface RecommenderRow {
  readonly parseConfig: (input: unknown) => ModelConfig;
  /** What is trained of a model with such a configuration. */
  readonly declareTrained: (config: ModelConfig, schema: FeatureSchema) => ParameterDeclarations;
  readonly load: RecommenderLoader;
  /** What the model computes when it serves, by role, without an engine; nothing where it only counts. */
  readonly servingFunctions: (artifact: ModelArtifact) => ServingFunctions;
}

type ServingFunctions = Readonly<Record<string, FunctionDefinition>>;

const recommenders: Record<RecommenderKind, RecommenderRow> = {
  cmml: {
    parseConfig: parseCmmlConfig,
    declareTrained: (config, schema) => declareTrainedCmml(config as CmmlConfig, schema),
    load: loadCmml,
    servingFunctions: cmmlServingFunctions,
  },
  dcn: {
    parseConfig: parseDcnConfig,
    declareTrained: (config, schema) => declareTrainedDcn(config as DcnConfig, schema),
    load: loadDcn,
    servingFunctions: (artifact) => ({ ...dcnServingFunctions(artifact) }) as ServingFunctions,
  },
  itemPopularity: {
    parseConfig: parseItemPopularityConfig,
    declareTrained: () => ({}),
    load: loadItemPopularity,
    servingFunctions: () => ({}),
  },
};

/** Checks a configuration and fills in its defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseModelConfig(kind: RecommenderKind, input: unknown): ModelConfig {
  return recommenders[kind].parseConfig(input);
}

/**
 * Throws INVALID_CONFIGURATION where a parsed configuration asks for more trained parameters than a model may have, whose users and
 * items have these features; see `checkParameterCount`.
 */
export function checkTrainedSize(kind: RecommenderKind, config: ModelConfig, schema: FeatureSchema): void {
  const { declareTrained } = recommenders[kind];
  checkParameterCount(config, (changed) => declareTrained(changed, schema), trainedParameters);
}

/** Makes a recommender from its artifact, whatever its kind. Throws INVALID_DATA when the kind is not known. */
export async function loadRecommender(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  return rowOf(artifact).load(artifact, engine);
}

/** The functions that a model serves with, to be exported. Throws INVALID_DATA when the kind is not known. */
export function servingFunctions(artifact: ModelArtifact): ServingFunctions {
  return rowOf(artifact).servingFunctions(artifact);
}

function rowOf({ kind }: ModelArtifact): RecommenderRow {
  if (isRecommenderKind(kind)) return recommenders[kind];
  throw new WarmstartError(
    'INVALID_DATA',
    `Expected a model of kind ${recommenderKinds.join(', ')}, got "${kind}"; a newer version may have trained it.`,
  );
}

function isRecommenderKind(kind: string): kind is RecommenderKind {
  return (recommenderKinds as readonly string[]).includes(kind);
}
