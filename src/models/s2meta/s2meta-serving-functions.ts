import { concat, fill, reshape, slice, sum, type Tensor2D, zeros } from '@tensorflow/tfjs-core';
import type { FunctionDefinition, Tensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embeddedWidth, embedEntities } from '../embedding/entity-embedding.ts';
import { pairParts } from '../embedding/pair-embedding.ts';
import {
  type GradientMethod,
  type GradientServingRole,
  gradientServingFunctions,
} from '../gradient-steps/gradient-serving-functions.ts';
import { packedWidth, packForTasks } from '../gradient-steps/packed-parameters.ts';
import { batchPlaces } from '../gradient-steps/support-batches.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { ModelArtifact } from '../recommender.ts';
import { lastLayers, takeSteps } from './inner-loop.ts';
import { parseS2MetaConfig, type S2MetaConfig } from './s2meta-config.ts';
import { declareLayers, declareS2Meta, scorePairs } from './s2meta-network.ts';

/**
 * Returns the functions that s²Meta serves with, ready to compile or to export. Throws INVALID_CONFIGURATION if the
 * artifact's configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function s2metaServingFunctions({
  config: input,
  schema,
  parameters,
}: ModelArtifact): Record<GradientServingRole, FunctionDefinition> {
  const config = parseS2MetaConfig(input);
  checkParameters(declareS2Meta(config, schema), parameters);
  return gradientServingFunctions(s2metaMethod(config, schema), parameters);
}

/**
 * How s²Meta adapts to a task. What its steps make is the layers and, as the last number, how many steps were taken. The
 * steps end when the stop controller finds that more likely than going on.
 */
export function s2metaMethod(config: S2MetaConfig, schema: FeatureSchema): GradientMethod {
  const width = packedWidth(declareLayers(config, schema));
  const layersOf = (parameters: Tensors) => packForTasks(declareLayers(config, schema), parameters, 1);
  return {
    config,
    schema,
    layout: {
      places: batchPlaces(config),
      userWidth: embeddedWidth(config, schema, 'user'),
      itemWidth: embeddedWidth(config, schema, 'item'),
      adaptedWidth: width + 1,
    },
    rows: (parameters, entity, features) => embedEntities(parameters, config, schema, entity, features),
    start: (parameters) => concat([layersOf(parameters), zeros([1, 1])], 1) as Tensor2D,
    adapt(parameters, { users, items, labels, mask }) {
      const support = { pairs: pairParts(config, users, items), labels, mask };
      const draws = fill([1, config.innerSteps], 0.5) as Tensor2D;
      const steps = takeSteps(parameters, config, schema, { start: layersOf(parameters), support, draws });
      const count = sum(
        concat(
          steps.map(({ taken }) => taken),
          1,
        ),
        1,
        true,
      );
      return concat([lastLayers(steps), count], 1) as Tensor2D;
    },
    score: (_parameters, adapted, _support, { users, items }) =>
      scorePairs(config, schema, slice(adapted, [0, 0], [1, width]) as Tensor2D, pairParts(config, users, items)),
    details: (adapted) => ({ steps: reshape(slice(adapted, [0, width], [1, 1]), [1]) }),
  };
}
