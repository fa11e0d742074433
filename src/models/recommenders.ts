import type { Engine, FunctionDefinition } from '../engine/engine.ts';
import { WarmstartError } from '../errors.ts';
import { loadCmml } from './cmml/cmml-recommender.ts';
import { cmmlServingFunctions } from './cmml/cmml-serving-functions.ts';
import { loadDcn } from './dcn/dcn-recommender.ts';
import { dcnServingFunctions } from './dcn/dcn-serving-functions.ts';
import { loadItemPopularity } from './item-popularity/item-popularity-recommender.ts';
import type { ModelArtifact, Recommender, RecommenderLoader } from './recommender.ts';

export const recommenderKinds = ['cmml', 'dcn', 'itemPopularity'] as const;
export type RecommenderKind = (typeof recommenderKinds)[number];

interface RecommenderRow {
  readonly load: RecommenderLoader;
  /** What the model computes when it serves, by role, without an engine; nothing where it only counts. */
  readonly servingFunctions: (artifact: ModelArtifact) => ServingFunctions;
}

type ServingFunctions = Readonly<Record<string, FunctionDefinition>>;

const recommenders: Record<RecommenderKind, RecommenderRow> = {
  cmml: { load: loadCmml, servingFunctions: cmmlServingFunctions },
  dcn: {
    load: loadDcn,
    servingFunctions: (artifact) => ({ ...dcnServingFunctions(artifact) }) as ServingFunctions,
  },
  itemPopularity: { load: loadItemPopularity, servingFunctions: () => ({}) },
};

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
