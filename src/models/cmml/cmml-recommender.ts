import type { Engine } from '../../engine/engine.ts';
import { embeddedWidths } from '../embedding/entity-embedding.ts';
import { loadFoldingModel } from '../folding-recommender.ts';
import { loadGradientModel } from '../gradient-steps/gradient-recommender.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { parseCmmlConfig } from './cmml-config.ts';
import { cmmlServingFunctions } from './cmml-serving-functions.ts';
import { refinedModel } from './refined-model.ts';
import { refines } from './refinement.ts';
import { pairsPerFold, stateWidth } from './task-context.ts';

/**
 * Makes a CMML recommender from an artifact of `save` or of training. If it refines contexts, the steps on a task begin
 * again with each further pair. Throws the errors of `cmmlServingFunctions`.
 */
export async function loadCmml(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const config = parseCmmlConfig(artifact.config);
  if (refines(config)) return loadGradientModel(refinedModel(artifact), engine);
  const functions = cmmlServingFunctions(artifact);
  const pairs = pairsPerFold(config);
  const { schema } = artifact;
  const model = {
    artifact: { ...artifact, config },
    widths: embeddedWidths(config, schema),
    functions,
    stateWidth: stateWidth(config, schema),
    pairsPerFold: typeof pairs === 'number' ? pairs : undefined,
  };
  return loadFoldingModel(model, engine);
}
