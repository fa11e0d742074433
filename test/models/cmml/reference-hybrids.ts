import type { HybridKind } from '../../../src/models/cmml/cmml-config.ts';
import { dense, layersOf, relu, type Weights } from './reference-weights.ts';

type ReferenceHybrid = (weights: Weights, context: readonly number[], embedding: readonly number[]) => number[];

/** Each hybrid returns the hybrid context of one pair. */
export const referenceHybrids: Record<HybridKind, ReferenceHybrid> = {
  none: (_weights, context) => [...context],

  /** CMML eq. 8, first line. */
  dot: (_weights, context, embedding) => embedding.map((value, unit) => value * (context[unit] as number)),

  /** CMML eq. 8, second line. */
  mlp: (weights, context, embedding) =>
    layersOf(weights, 'hybrid').reduce(
      (vector, name, index) => dense(weights, name, index === 0 ? vector : vector.map(relu)),
      [...context, ...embedding],
    ),
};
