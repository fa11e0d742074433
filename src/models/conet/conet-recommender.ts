import type { Engine } from '../../engine/engine.ts';
import { loadTuned } from '../gradient-steps/tuned-recommender.ts';
import { type TunedServingFunctions, tunedServingFunctions } from '../gradient-steps/tuned-serving-functions.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { parseConetConfig } from './conet-config.ts';
import { conetNetwork } from './conet-network.ts';

/**
 * Makes a CoNet recommender from an artifact of `save` or of training. Throws INVALID_CONFIGURATION if the artifact's
 * configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export async function loadConet(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  return loadTuned(artifact, networkOf(artifact), engine);
}

/** Returns the functions that a CoNet serves with, ready to compile or to export. Throws like `loadConet`. */
export function conetServingFunctions(artifact: ModelArtifact): TunedServingFunctions {
  return tunedServingFunctions(networkOf(artifact), artifact.parameters);
}

function networkOf({ config, schema }: ModelArtifact): ReturnType<typeof conetNetwork> {
  return conetNetwork(parseConetConfig(config), schema);
}
