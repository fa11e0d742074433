import { concat, reshape, split, type Tensor2D, type Tensor3D, zeros } from '@tensorflow/tfjs-core';
import type { FunctionDefinition } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { embeddedWidth } from '../embedding/entity-embedding.ts';
import {
  type GradientMethod,
  type GradientServingRole,
  gradientServingFunctions,
  type PairRows,
} from '../gradient-steps/gradient-serving-functions.ts';
import { packedWidth, packForTasks } from '../gradient-steps/packed-parameters.ts';
import { batchPlaces } from '../gradient-steps/support-batches.ts';
import { checkParameters } from '../parameter-declarations.ts';
import type { ModelArtifact } from '../recommender.ts';
import { type AdaptedTasks, adaptTasks, scoreAdapted } from './inner-loop.ts';
import { type MamlConfig, parseMamlConfig } from './maml-config.ts';
import { declareLayers, declareMaml } from './maml-network.ts';
import { entitiesOf, entityRows, entityWidth, type TaskPairs } from './task-pairs.ts';

/**
 * Returns the functions that MAML serves with, ready to compile or to export. Throws INVALID_CONFIGURATION if the
 * artifact's configuration is invalid, and INVALID_DATA if its parameters do not match that configuration.
 */
export function mamlServingFunctions({
  config: input,
  schema,
  parameters,
}: ModelArtifact): Record<GradientServingRole, FunctionDefinition> {
  const config = parseMamlConfig(input);
  checkParameters(declareMaml(config, schema), parameters);
  return gradientServingFunctions(mamlMethod(config, schema), parameters);
}

/** How MAML adapts to a task. What its steps make is the layers and, if embeddings move, the moves of both entities. */
export function mamlMethod(config: MamlConfig, schema: FeatureSchema): GradientMethod {
  const pairsOf = ({ users, items }: PairRows): TaskPairs => ({
    user: entitiesOf(config, schema, 'user', users),
    item: entitiesOf(config, schema, 'item', items),
  });
  const sizes = adaptedSizes(config, schema);
  const layersOf = (parameters: Parameters<GradientMethod['start']>[0]) =>
    packForTasks(declareLayers(config, schema), parameters, 1);
  return {
    config,
    schema,
    layout: {
      places: batchPlaces(config),
      userWidth: entityWidth(config, schema, 'user'),
      itemWidth: entityWidth(config, schema, 'item'),
      adaptedWidth: sizes.reduce((sum, size) => sum + size, 0),
    },
    rows: (parameters, entity, features) => entityRows(parameters, config, schema, entity, features),
    start(parameters) {
      const [, ...moves] = sizes;
      return concat([layersOf(parameters), ...moves.map((size) => zeros([1, size]) as Tensor2D)], 1) as Tensor2D;
    },
    adapt(parameters, { labels, mask, ...rows }) {
      const support = { pairs: pairsOf(rows), labels, mask };
      const { layers, moves } = adaptTasks(config, schema, layersOf(parameters), support);
      return concat([layers, ...(moves ? [moves.user, moves.item] : [])].map(asRow), 1);
    },
    score: (_parameters, adapted, support, pairs) =>
      scoreAdapted(config, schema, adaptedOf(config, schema, adapted), pairsOf(support), pairsOf(pairs)),
  };
}

/** The number of values of the layers and, if embeddings move, of the moves of users and of items. */
function adaptedSizes(config: MamlConfig, schema: FeatureSchema): number[] {
  const layers = packedWidth(declareLayers(config, schema));
  if (config.adapted === 'layers') return [layers];
  const places = batchPlaces(config);
  return [layers, ...(['user', 'item'] as const).map((entity) => places * embeddedWidth(config, schema, entity))];
}

function adaptedOf(config: MamlConfig, schema: FeatureSchema, adapted: Tensor2D): AdaptedTasks {
  const [layers, ...moves] = split(adapted, adaptedSizes(config, schema), 1) as [Tensor2D, ...Tensor2D[]];
  if (moves.length === 0) return { layers };
  const [user, item] = (['user', 'item'] as const).map((entity, index) =>
    reshape(moves[index] as Tensor2D, [1, batchPlaces(config), embeddedWidth(config, schema, entity)]),
  ) as [Tensor3D, Tensor3D];
  return { layers, moves: { user, item } };
}

function asRow(tensor: Tensor2D | Tensor3D): Tensor2D {
  return reshape(tensor, [1, tensor.size]);
}
