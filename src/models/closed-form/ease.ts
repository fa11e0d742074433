import { dot, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { WarmstartError } from '../../common/errors.ts';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import type { FunctionDefinition } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { runInChunks } from '../in-chunks.ts';
import { itemIdRows } from '../item-ids.ts';
import { storedParameters } from '../model-sizes.ts';
import { checkParameters, type ParameterDeclarations } from '../parameter-declarations.ts';
import type { ModelArtifact, Recommender } from '../recommender.ts';
import { ClosedFormRecommender, type PositiveScorer } from './closed-form-recommender.ts';
import { addPopularity, declarePositives, positivesParameter } from './popularity-terms.ts';

const configSchema = z.strictObject({
  /** Weight λ of the L2 penalty. A larger one relies less on pairs of items that few users like. */
  regularization: z.number().positive().default(500),
  /** The rating from which an interaction is a positive. */
  positiveFrom: z.number().default(0),
});

export type EaseConfig = z.output<typeof configSchema>;

/** Fills in the defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseEaseConfig(input: unknown): EaseConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of EASE'));
}

export const weightsParameter = 'item.weights';

/** Declares the weights B of EASE, `[ID rows, ID rows]`, and the popularity of items. */
export function declareEase(schema: FeatureSchema): ParameterDeclarations {
  const { count } = itemIdRows(schema);
  return { [weightsParameter]: { shape: [count, count], mean: 0, deviation: 0 }, ...declarePositives(schema) };
}

/** The largest number of items that training accepts: a weight for each pair of items must be stored. */
export const maxEaseItems = Math.floor(Math.sqrt(storedParameters.max)) - 2;

/** Throws INVALID_CONFIGURATION if there are too many items for EASE. */
export function checkEaseSize(schema: FeatureSchema): void {
  // One row stands for unknown items.
  const items = itemIdRows(schema).count - 1;
  if (items <= maxEaseItems) return;
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `kind: EASE keeps a weight for each pair of items; expected at most ${maxEaseItems.toLocaleString('en')} items, ` +
      `got ${items.toLocaleString('en')}; train "itemKnn" or "ials" instead`,
    { field: ['kind'] },
  );
}

/**
 * Makes an EASE recommender (Steck 2019, arXiv 1905.03375). A score is the sum of the weights from the positives to the
 * item. Needs no engine. Throws INVALID_CONFIGURATION if the configuration is invalid, and INVALID_DATA if the
 * parameters do not match the schema.
 */
export async function loadEase(artifact: ModelArtifact): Promise<Recommender> {
  const config = parseEaseConfig(artifact.config);
  checkParameters(declareEase(artifact.schema), artifact.parameters);
  const weights = artifact.parameters[weightsParameter]?.data as Float32Array;
  return new ClosedFormRecommender({ ...artifact, config }, easeScorer(weights, itemIdRows(artifact.schema).count));
}

/** Additions between two turns of the event loop, about a millisecond. */
const additionsPerTurn = 1 << 20;

function easeScorer(weights: Float32Array, count: number): PositiveScorer {
  return {
    taskWidth: 0,
    represent: async () => new Float32Array(),
    async score({ positives }, items) {
      const scores = new Float32Array(items.length);
      const positivesPerTurn = Math.max(1, Math.floor(additionsPerTurn / Math.max(items.length, 1)));
      await runInChunks(positives.length, positivesPerTurn, async (start, end) => {
        for (let at = start; at < end; at++) {
          const own = (positives[at] as number) * count;
          for (let row = 0; row < items.length; row++) scores[row]! += weights[own + items[row]!]!;
        }
      });
      return scores;
    },
    dispose() {},
  };
}

/**
 * Returns the function `score`: `scores` `[ID rows]` from `positives` `[ID rows]`, 1 for each positive and 0 otherwise.
 */
export function easeServingFunctions({ config, schema, parameters }: ModelArtifact): { score: FunctionDefinition } {
  parseEaseConfig(config);
  checkParameters(declareEase(schema), parameters);
  return {
    score: {
      parameters,
      inputs: { positives: { dtype: 'float32', shape: [itemIdRows(schema).count] } },
      fn: (constants, { positives }) => {
        const sums = dot(positives as Tensor1D, constants[weightsParameter] as Tensor2D);
        return { scores: addPopularity(sums, constants[positivesParameter] as Tensor1D) };
      },
    },
  };
}
