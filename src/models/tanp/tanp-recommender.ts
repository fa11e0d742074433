import type { Engine } from '../../engine/engine.ts';
import { embeddedWidths } from '../embedding/entity-embedding.ts';
import { loadFoldingModel } from '../folding-recommender.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { parseTanpConfig } from './tanp-config.ts';
import { stateWidth } from './tanp-network.ts';
import { tanpServingFunctions } from './tanp-serving-functions.ts';

/** Makes a TaNP recommender from an artifact of `save` or of training. Throws the errors of `tanpServingFunctions`. */
export async function loadTanp(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const functions = tanpServingFunctions(artifact);
  const config = parseTanpConfig(artifact.config);
  const widths = embeddedWidths(config, artifact.schema);
  const model = { artifact: { ...artifact, config }, widths, functions, stateWidth: stateWidth(config) };
  return loadFoldingModel(model, engine);
}
