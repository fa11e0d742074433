import { add, mul, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { HostTensors } from '../../engine/engine.ts';
import type { FeatureSchema } from '../../features/feature-schema.ts';
import { itemIdRows } from '../item-ids.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';

export const positivesParameter = 'item.positives';

/** Declares the share of users who like each item, `[ID rows]`. Row 0 stands for unknown items and is 0. */
export function declarePositives(schema: FeatureSchema): ParameterDeclarations {
  return { [positivesParameter]: { shape: [itemIdRows(schema).count], mean: 0, deviation: 0 } };
}

/** What popularity adds to a score at most. It orders items of equal scores, and all items without positives. */
const popularityWeight = 1e-6;

/** Returns what popularity adds to the score of each item, `[ID rows]`. */
export function popularityTerms(parameters: HostTensors): Float32Array {
  return popularityOf(parameters).map((share) => share * popularityWeight);
}

/** Returns the share of users who like each item, `[ID rows]`. */
export function popularityOf(parameters: HostTensors): Float32Array {
  return parameters[positivesParameter]?.data as Float32Array;
}

/** Adds the same terms to scores `[ID rows]` in an exported function. */
export function addPopularity(scores: Tensor, positives: Tensor): Tensor1D {
  return add(scores, mul(positives, popularityWeight)) as Tensor1D;
}
