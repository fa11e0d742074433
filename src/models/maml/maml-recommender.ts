import type { Engine } from '../../engine/engine.ts';
import { loadGradientModel } from '../gradient-steps/gradient-recommender.ts';
import { packParameters } from '../gradient-steps/packed-parameters.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { parseMamlConfig } from './maml-config.ts';
import { declareLayers } from './maml-network.ts';
import { mamlMethod, mamlServingFunctions } from './maml-serving-functions.ts';

/** Makes a MAML recommender from an artifact of `save` or of training. Throws the errors of `mamlServingFunctions`. */
export async function loadMaml(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const functions = mamlServingFunctions(artifact);
  const config = parseMamlConfig(artifact.config);
  const { schema, parameters } = artifact;
  const { layout } = mamlMethod(config, schema);
  const start = new Float32Array(layout.adaptedWidth);
  start.set(packParameters(declareLayers(config, schema), parameters));
  return loadGradientModel({ artifact: { ...artifact, config }, config, layout, functions, start }, engine);
}
