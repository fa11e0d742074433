import type { Engine } from '../engine/engine.ts';
import { WarmstartError } from '../errors.ts';
import { loadCmml } from './cmml/cmml-recommender.ts';
import type { ModelArtifact, Recommender, RecommenderLoader } from './recommender.ts';

export const recommenderKinds = ['cmml'] as const;
export type RecommenderKind = (typeof recommenderKinds)[number];

const loaders: Record<RecommenderKind, RecommenderLoader> = { cmml: loadCmml };

/** Makes a recommender from its artifact, whatever its kind. Throws INVALID_DATA when the kind is not known. */
export async function loadRecommender(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const { kind } = artifact;
  if (isRecommenderKind(kind)) return loaders[kind](artifact, engine);
  throw new WarmstartError(
    'INVALID_DATA',
    `Expected a model of kind ${recommenderKinds.join(', ')}, got "${kind}"; a newer version may have trained it.`,
  );
}

function isRecommenderKind(kind: string): kind is RecommenderKind {
  return (recommenderKinds as readonly string[]).includes(kind);
}
