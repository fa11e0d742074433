import type { Engine, FunctionDefinition } from '../engine/engine.ts';
import { WarmstartError } from '../errors.ts';
import { loadCmml } from './cmml/cmml-recommender.ts';
import { cmmlServingFunctions } from './cmml/cmml-serving-functions.ts';
import type { ModelArtifact, Recommender, RecommenderLoader } from './recommender.ts';

export const recommenderKinds = ['cmml'] as const;
export type RecommenderKind = (typeof recommenderKinds)[number];

interface RecommenderRow {
  readonly load: RecommenderLoader;
  /** What the model computes when it serves, by role, without an engine. */
  readonly servingFunctions: (artifact: ModelArtifact) => Readonly<Record<string, FunctionDefinition>>;
}

const recommenders: Record<RecommenderKind, RecommenderRow> = {
  cmml: { load: loadCmml, servingFunctions: cmmlServingFunctions },
};

/** Makes a recommender from its artifact, whatever its kind. Throws INVALID_DATA when the kind is not known. */
export async function loadRecommender(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  return rowOf(artifact).load(artifact, engine);
}

/** The functions that a model serves with, to be exported. Throws INVALID_DATA when the kind is not known. */
export function servingFunctions(artifact: ModelArtifact): Readonly<Record<string, FunctionDefinition>> {
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
