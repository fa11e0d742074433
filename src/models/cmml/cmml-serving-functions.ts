import type { FunctionDefinition } from '../../engine/engine.ts';
import { embedFunction } from '../embedding/embed-function.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { ModelArtifact } from '../recommender.ts';
import { parseCmmlConfig } from './cmml-config.ts';
import { explainFunction, foldFunction, scoreFunction } from './cmml-functions.ts';
import { declareCmml } from './cmml-network.ts';
import { absentPrior } from './ridge-head.ts';

export type ServingRole = 'embedUsers' | 'embedItems' | 'fold' | 'score' | 'explain';

/**
 * What a CMML model computes when it serves, as functions to compile or to export. Throws INVALID_CONFIGURATION or
 * INVALID_DATA when the artifact's configuration is not one, or its parameters do not belong to it.
 */
export function cmmlServingFunctions({
  config: input,
  schema,
  parameters: given,
}: ModelArtifact): Record<ServingRole, FunctionDefinition> {
  const config = parseCmmlConfig(input);
  const parameters = { ...absentPrior(config.ridgeWidth), ...given };
  checkParameters(declareCmml(config, schema), parameters);
  return {
    embedUsers: { ...embedFunction(config, schema, 'user'), parameters },
    embedItems: { ...embedFunction(config, schema, 'item'), parameters },
    fold: { ...foldFunction(config, schema), parameters },
    score: { ...scoreFunction(config, schema), parameters },
    explain: { ...explainFunction(config, schema), parameters },
  };
}
