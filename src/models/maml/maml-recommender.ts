import type { Engine } from '../../engine/engine.ts';
import { layersModel, loadGradientModel } from '../gradient-steps/gradient-recommender.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { parseMamlConfig } from './maml-config.ts';
import { declareLayers } from './maml-network.ts';
import { mamlMethod, mamlServingFunctions } from './maml-serving-functions.ts';

/** Makes a MAML recommender from an artifact of `save` or of training. Throws the errors of `mamlServingFunctions`. */
export async function loadMaml(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const functions = mamlServingFunctions(artifact);
  const config = parseMamlConfig(artifact.config);
  const method = mamlMethod(config, artifact.schema);
  return loadGradientModel(layersModel(artifact, method, declareLayers(config, artifact.schema), functions), engine);
}
