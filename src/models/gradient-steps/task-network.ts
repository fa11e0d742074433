import {
  add,
  matMul,
  mul,
  relu,
  reshape,
  split,
  squeeze,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Tensors } from '../../engine/engine.ts';
import { declareDense, declareNetwork, layerNames, type Parts, widthsOf } from '../layers.ts';
import { pairs, widths } from '../model-sizes.ts';
import { objectiveKinds } from '../objectives.ts';
import type { ParameterDeclarations } from '../parameter-declarations.ts';
import { supportKinds } from '../recommender.ts';

/** The fields of a configuration that describe a network whose layers every task adapts, and its support sets. */
export const taskNetworkFields = {
  /** The loss of support sets, which the steps on a task reduce, and of query sets, which training reduces. */
  objective: z.enum(objectiveKinds).default('mse'),
  /** Widths of the hidden layers. Each is followed by ReLU. */
  layerWidths: widths.min(1).default([64, 64]),
  /** The network's outputs are multiplied by `deviation`, and `mean` is added. Labels enter the loss unchanged. */
  labels: z.strictObject({ mean: z.number(), deviation: z.number().positive() }).default({ mean: 0, deviation: 1 }),
  /** Maximum number of pairs in a support set. */
  supportLimit: pairs.default(90),
  /** What support sets contain. Training sets this to the kind of support set that it used. */
  support: z.enum(supportKinds).default('labels'),
};

const fields = z.object(taskNetworkFields);
export type TaskNetworkConfig = z.output<typeof fields>;

/** The pairs that tasks adapt to. Labels and mask are `[tasks, pairs]`. */
export interface TaskSupport<Pairs> {
  readonly pairs: Pairs;
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
}

/** Declares the layers from a pair's embedding to its score. */
export function declareTaskNetwork({ layerWidths }: TaskNetworkConfig, pairWidth: number): ParameterDeclarations {
  const last = layerWidths.at(-1) as number;
  return {
    ...declareNetwork(hiddenNames(layerWidths), [pairWidth, ...layerWidths]),
    ...declareDense('output', [last, 1], { deviation: Math.sqrt(1 / last) }),
  };
}

/**
 * Returns the scores `[tasks, pairs]`, in the units of the labels. Every task has its own layers: weights `[tasks,
 * inputs, outputs]` and biases `[tasks, outputs]`.
 */
export function scoreWithTaskLayers(layers: Tensors, config: TaskNetworkConfig, pairs: Parts): Tensor2D {
  const hidden = hiddenNames(config.layerWidths).reduce<Parts>(
    (vector, name) => [relu(taskDense(layers, name, vector))],
    pairs,
  );
  const score = squeeze(taskDense(layers, 'output', hidden), [2]);
  return add(mul(score, config.labels.deviation), config.labels.mean) as Tensor2D;
}

/** Applies the layer of each task to its own pairs. Returns `[tasks, pairs, outputs]`. */
function taskDense(layers: Tensors, name: string, vector: Parts): Tensor3D {
  const weight = layers[`${name}.weight`] as Tensor3D;
  const [tasks, , outputs] = weight.shape;
  const rows = vector.length === 1 ? [weight] : split(weight, widthsOf(vector), 1);
  const bias = reshape(layers[`${name}.bias`] as Tensor, [tasks, 1, outputs]);
  return vector.reduce<Tensor>((sum, part, index) => add(sum, matMul(part, rows[index] as Tensor)), bias) as Tensor3D;
}

function hiddenNames(layerWidths: readonly number[]): string[] {
  return layerNames('layer', layerWidths.length);
}
