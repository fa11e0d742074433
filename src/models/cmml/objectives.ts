import {
  div,
  maximum,
  mul,
  squaredDifference,
  sum,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { ObjectiveKind } from './cmml-config.ts';

/** What training minimises: the loss of each task, `[tasks]`, over its query pairs, all `[tasks, pairs]`. */
export type Objective = (scores: Tensor2D, labels: Tensor2D, mask: Tensor2D) => Tensor1D;

/** The mean squared error of a task (CMML eqs. 3 and 5). */
const mse: Objective = (scores, labels, mask) => {
  const errors = mul(squaredDifference(scores, labels), mask);
  return div(sum(errors, 1), maximum(sum(mask, 1), 1));
};

export const objectives: Record<ObjectiveKind, Objective> = { mse };
