import {
  cast,
  mul,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  unsortedSegmentSum,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import type { FunctionDefinition } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { itemIdRows } from '../item-ids.ts';
import { largest } from '../model-sizes.ts';
import { checkParameters, type ParameterDeclarations } from '../parameter-declarations.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { ClosedFormRecommender, type PositiveScorer } from './closed-form-recommender.ts';
import { addPopularity, declarePositives, positivesParameter } from './popularity-terms.ts';

const configSchema = z.strictObject({
  /** Added to the divisor of the cosine, so that few common users do not make items similar. */
  shrinkage: z.number().min(0).default(10),
  /** The number of most similar items that are kept of each item. */
  neighbors: z.int().positive().max(largest.width).default(500),
  /** The rating from which an interaction is a positive. */
  positiveFrom: z.number().default(0),
});

export type ItemKnnConfig = z.output<typeof configSchema>;

/** Fills in the defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseItemKnnConfig(input: unknown): ItemKnnConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of item-kNN'));
}

export const neighborParameters = { items: 'item.neighbors', similarities: 'item.similarities' } as const;

/**
 * Declares the neighbors of each item: their ID rows and their similarities, `[ID rows, neighbors]` each, and the
 * popularity of items. A missing neighbor is row 0 with similarity 0.
 */
export function declareItemKnn(config: ItemKnnConfig, schema: FeatureSchema): ParameterDeclarations {
  const shape = [itemIdRows(schema).count, neighborsOf(config, schema)];
  return {
    [neighborParameters.items]: { shape, mean: 0, deviation: 0 },
    [neighborParameters.similarities]: { shape, mean: 0, deviation: 0 },
    ...declarePositives(schema),
  };
}

/** Returns how many neighbors are stored of each item: no more than there are other items. */
export function neighborsOf({ neighbors }: ItemKnnConfig, schema: FeatureSchema): number {
  return Math.max(1, Math.min(neighbors, itemIdRows(schema).count - 2));
}

/**
 * Makes a recommender that scores an item by the sum of its similarities to the positives (Sarwar et al. 2001). Needs
 * no engine. Throws INVALID_CONFIGURATION if the configuration is invalid, and INVALID_DATA if the parameters do not
 * match it.
 */
export async function loadItemKnn(artifact: ModelArtifact): Promise<Recommender> {
  const { schema, parameters } = artifact;
  const config = parseItemKnnConfig(artifact.config);
  checkParameters(declareItemKnn(config, schema), parameters);
  return new ClosedFormRecommender({ ...artifact, config }, itemKnnScorer(artifact, neighborsOf(config, schema)));
}

function itemKnnScorer({ schema, parameters }: ModelArtifact, width: number): PositiveScorer {
  const neighbors = parameters[neighborParameters.items]?.data as Float32Array;
  const similarities = parameters[neighborParameters.similarities]?.data as Float32Array;
  const { count } = itemIdRows(schema);
  return {
    taskWidth: 0,
    represent: async () => new Float32Array(),
    async score({ positives }, items) {
      const sums = new Float32Array(count);
      for (const positive of positives) {
        for (let at = positive * width; at < (positive + 1) * width; at++) sums[neighbors[at]!]! += similarities[at]!;
      }
      return items.map((id) => sums[id] as number);
    },
    dispose() {},
  };
}

/** Returns the function `score`: `scores` `[ID rows]` from `positives` `[ID rows]`, 1 for each positive and 0 otherwise. */
export function itemKnnServingFunctions({ config, schema, parameters }: ModelArtifact): { score: FunctionDefinition } {
  checkParameters(declareItemKnn(parseItemKnnConfig(config), schema), parameters);
  const { count } = itemIdRows(schema);
  return {
    score: {
      parameters,
      inputs: { positives: { dtype: 'float32', shape: [count] } },
      fn: (constants, { positives }) => {
        const neighbors = constants[neighborParameters.items] as Tensor2D;
        const similarities = constants[neighborParameters.similarities] as Tensor2D;
        const added = mul(similarities, reshape(positives as Tensor, [count, 1]));
        const rows = cast(reshape(neighbors, [neighbors.size]), 'int32') as Tensor1D;
        const sums = unsortedSegmentSum(reshape(added, [added.size, 1]), rows, count);
        return { scores: addPopularity(reshape(sums, [count]), constants[positivesParameter] as Tensor1D) };
      },
    },
  };
}
