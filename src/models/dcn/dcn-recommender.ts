import type { Engine } from '../../engine/engine.ts';
import { loadTuned } from '../gradient-steps/tuned-recommender.ts';
import { type TunedServingFunctions, tunedServingFunctions } from '../gradient-steps/tuned-serving-functions.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { parseDcnConfig } from './dcn-config.ts';
import { dcnNetwork } from './dcn-network.ts';

/**
 * Makes a DCN recommender from an artifact of `save` or of training. Throws INVALID_CONFIGURATION if the artifact's
 * configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export async function loadDcn(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  return loadTuned(artifact, networkOf(artifact), engine);
}

/** Returns the functions that a DCN serves with, ready to compile or to export. Throws like `loadDcn`. */
export function dcnServingFunctions(artifact: ModelArtifact): TunedServingFunctions {
  return tunedServingFunctions(networkOf(artifact), artifact.parameters);
}

function networkOf({ config, schema }: ModelArtifact): ReturnType<typeof dcnNetwork> {
  return dcnNetwork(parseDcnConfig(config), schema);
}
