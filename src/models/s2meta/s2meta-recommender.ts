import type { Engine } from '../../engine/engine.ts';
import { layersModel, loadGradientModel } from '../gradient-steps/gradient-recommender.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { parseS2MetaConfig } from './s2meta-config.ts';
import { declareLayers } from './s2meta-network.ts';
import { s2metaMethod, s2metaServingFunctions } from './s2meta-serving-functions.ts';

/** Makes an s²Meta recommender from an artifact of `save` or of training. Throws the errors of `s2metaServingFunctions`. */
export async function loadS2Meta(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const functions = s2metaServingFunctions(artifact);
  const config = parseS2MetaConfig(artifact.config);
  const method = s2metaMethod(config, artifact.schema);
  return loadGradientModel(layersModel(artifact, method, declareLayers(config, artifact.schema), functions), engine);
}
