import type { MamlConfig } from '../../../src/models/maml/maml-config.ts';
import type { Weights } from '../cmml/reference-weights.ts';
import { differences } from '../dcn/reference-dcn.ts';
import { type LabeledPair, ReferenceTaskNetwork } from '../gradient-steps/reference-task-network.ts';

/**
 * MAML, one pair at a time and in double precision. The gradients of its steps are finite differences, and `all`
 * really changes the tables of embeddings.
 */
export class ReferenceMaml extends ReferenceTaskNetwork<MamlConfig> {
  /** Returns all weights after the steps on a support set. */
  adapt(weights: Weights, support: readonly LabeledPair[]): Weights {
    const names = Object.keys(weights).filter((name) => this.config.adapted === 'all' || !name.endsWith('.embedding'));
    let adapted = weights;
    for (let step = 0; step < this.config.innerSteps; step++) {
      const gradients = differences(adapted, names, (at) => this.loss(at, support));
      adapted = { ...adapted, ...moved(adapted, gradients, -this.config.innerLearningRate) };
    }
    return adapted;
  }
}

/** Returns the weights that have gradients, moved by `rate` · gradient. */
export function moved(weights: Weights, gradients: Weights, rate: number): Weights {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [
      name,
      gradient.map((value, index) => (weights[name]?.[index] as number) + rate * value),
    ]),
  );
}
