import { reshape, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Signature, Tensors } from '../../../engine/engine.ts';
import { tensorOf } from '../../serving-function.ts';
import { itemWidth, splitItem } from './item-vectors.ts';
import { type ListConfig, readsAmounts } from './list-config.ts';
import type { ListPairs } from './list-network.ts';

/** The inputs of a function that reads pairs. */
export function pairsSignature(config: ListConfig): Signature {
  return {
    items: tensorOf('float32', 'pairs', itemWidth(config)),
    labels: tensorOf('float32', 'pairs'),
    types: tensorOf('int32', 'pairs'),
    evidence: tensorOf('float32', 'pairs'),
    ...(readsAmounts(config) && { amounts: tensorOf('float32', 'pairs') }),
    ...(config.ages && { ages: tensorOf('float32', 'pairs') }),
  };
}

/** The same for a function that also reads how the pairs change the closed-form head. */
export function opinionPairsSignature(config: ListConfig): Signature {
  return {
    ...pairsSignature(config),
    ...(config.closedForm.width > 0 && {
      confidence: tensorOf('float32', 'pairs'),
      opinion: tensorOf('float32', 'pairs'),
    }),
  };
}

/** Returns the pairs of the inputs. */
export function pairsOf(
  config: ListConfig,
  { items, labels, types, evidence, amounts, ages }: Tensors,
): Omit<ListPairs, 'changes'> {
  return {
    items: splitItem(config, items as Tensor2D),
    labels: columnOf(labels),
    types: types as Tensor,
    evidence: columnOf(evidence),
    amounts: amounts && columnOf(amounts),
    ages: ages && columnOf(ages),
  };
}

/** The same for a function that also reads how the pairs change the closed-form head. */
export function opinionPairsOf(config: ListConfig, inputs: Tensors): ListPairs {
  const { confidence, opinion } = inputs;
  const changes = confidence && { confidence: columnOf(confidence), opinion: columnOf(opinion) };
  return { ...pairsOf(config, inputs), changes };
}

function columnOf(values: Tensor | undefined): Tensor2D {
  return reshape(values as Tensor, [-1, 1]) as Tensor2D;
}
