import {
  dot,
  expandDims,
  gather,
  ones,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';
import type { CompiledFunction, Engine, FunctionDefinition } from '../../engine/engine.ts';
import { integerTensor } from '../../engine/host-tensor.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { runInChunks } from '../in-chunks.ts';
import { itemIdRows } from '../item-ids.ts';
import { width } from '../model-sizes.ts';
import { checkParameters, type ParameterDeclarations } from '../parameter-declarations.ts';
import { type Embeddings, type ModelArtifact, type Recommender, selectEmbeddings } from '../recommender.ts';
import { ClosedFormRecommender, type PositiveScorer } from './closed-form-recommender.ts';
import { foldIn } from './ials-fold-in.ts';
import { addPopularity, declarePositives, positivesParameter } from './popularity-terms.ts';

const configSchema = z.strictObject({
  /** Width of the factors. */
  factorWidth: width.max(1024).default(128),
  /** The weight α₀ of pairs without a positive; that of a positive is 1 more. */
  unobservedWeight: z.number().positive().default(0.3),
  /** Weight λ of the L2 penalty on every factor. */
  regularization: z.number().positive().default(0.01),
  /** Exponent ν: how the penalty of a user or item grows with its positives. */
  regularizationExponent: z.number().min(0).max(1).default(1),
  /** The number of times that all users and all items are solved for. */
  iterations: z.int().positive().max(1000).default(8),
  /** The rating from which an interaction is a positive. */
  positiveFrom: z.number().default(0),
});

export type IalsConfig = z.output<typeof configSchema>;

/** Fills in the defaults. Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseIalsConfig(input: unknown): IalsConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of iALS'));
}

export const ialsParameters = { factors: 'item.factors', gram: 'gram', unobserved: 'unobserved' } as const;

/**
 * Declares the results of `trainIals`: the factors of items, `[ID rows, factorWidth]`, and the equations' constants.
 */
export function declareIals({ factorWidth }: IalsConfig, schema: FeatureSchema): ParameterDeclarations {
  const of = (...shape: number[]) => ({ shape, mean: 0, deviation: 0 });
  return {
    [ialsParameters.factors]: of(itemIdRows(schema).count, factorWidth),
    [ialsParameters.gram]: of(factorWidth, factorWidth),
    [ialsParameters.unobserved]: of(1),
    ...declarePositives(schema),
  };
}

/**
 * Makes an iALS recommender (Rendle et al. 2021, arXiv 2110.14037). A task is represented by the factors that are
 * folded in from its positives, and a score is the dot product of task and item. Throws INVALID_CONFIGURATION if the
 * configuration is invalid, and INVALID_DATA if the parameters do not match it.
 */
export async function loadIals(artifact: ModelArtifact, engine: Engine): Promise<Recommender> {
  const fold = await engine.compile(ialsServingFunctions(artifact).fold);
  const config = parseIalsConfig(artifact.config);
  const factors = artifact.parameters[ialsParameters.factors]?.data as Float32Array;
  const rows = itemIdRows(artifact.schema).count;
  const items = { rows, width: config.factorWidth, data: factors };
  return new ClosedFormRecommender({ ...artifact, config }, ialsScorer(items, fold));
}

/** Items between two turns of the event loop, about a millisecond. */
const itemsPerTurn = 1 << 13;

function ialsScorer(factors: Embeddings, fold: CompiledFunction): PositiveScorer {
  const { width, data } = factors;
  return {
    taskWidth: width,
    async represent(positives) {
      const { task } = await fold.run({ positives: integerTensor([positives.length], Int32Array.from(positives)) });
      return task?.data as Float32Array;
    },
    async score({ representation }, items) {
      const scores = new Float32Array(items.length);
      await runInChunks(items.length, itemsPerTurn, async (start, end) => {
        for (let row = start; row < end; row++) {
          const own = (items[row] as number) * width;
          let sum = 0;
          for (let at = 0; at < width; at++) sum += representation[at]! * data[own + at]!;
          scores[row] = sum;
        }
      });
      return scores;
    },
    itemVectors: (items) => selectEmbeddings(factors, items),
    dispose: () => fold.dispose(),
  };
}

/**
 * Returns the functions `fold`: the factors `task` `[factorWidth]` from the ID rows of `positives`, each once, and
 * `score`: `scores` `[ID rows]` from `task`. Throws like `loadIals`.
 */
export function ialsServingFunctions({
  config: input,
  schema,
  parameters,
}: ModelArtifact): Record<'fold' | 'score', FunctionDefinition> {
  const config = parseIalsConfig(input);
  checkParameters(declareIals(config, schema), parameters);
  const { [ialsParameters.factors]: factors, [positivesParameter]: popularity, ...equations } = parameters;
  const items = { [ialsParameters.factors]: factors as NonNullable<typeof factors> };
  return {
    fold: {
      parameters: { ...items, ...equations },
      inputs: { positives: { dtype: 'int32', shape: ['positives'] } },
      fn: (constants, { positives }) => {
        const factors = expandDims(gather(constants[ialsParameters.factors] as Tensor2D, positives as Tensor1D), 0);
        const gram = constants[ialsParameters.gram] as Tensor2D;
        const unobserved = constants[ialsParameters.unobserved] as Tensor;
        const mask = ones([1, (positives as Tensor1D).size]) as Tensor2D;
        const task = foldIn({ ...config, gram, unobserved }, { factors: factors as Tensor3D, mask });
        return { task: reshape(task, [config.factorWidth]) };
      },
    },
    score: {
      parameters: { ...items, [positivesParameter]: popularity as NonNullable<typeof popularity> },
      inputs: { task: { dtype: 'float32', shape: [config.factorWidth] } },
      fn: (constants, { task }) => {
        const products = dot(constants[ialsParameters.factors] as Tensor2D, task as Tensor1D);
        return { scores: addPopularity(products, constants[positivesParameter] as Tensor) };
      },
    },
  };
}
