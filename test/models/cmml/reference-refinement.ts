import type { CmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
import { meanLoss, referenceLosses } from '../reference-objectives.ts';
import { type Pair, ReferenceCmml } from './reference-cmml.ts';
import type { Weights } from './reference-weights.ts';
import { encodedItems, encodedUsers, schema } from './small-cmml.ts';

type Scores = (pair: Pair) => number;

/**
 * CMML that refines contexts, one pair at a time and in double precision. The gradients of its steps are finite
 * differences.
 */
export class ReferenceRefinement {
  readonly #config: CmmlConfig;
  readonly #cmml: ReferenceCmml;

  constructor(config: CmmlConfig) {
    this.#config = config;
    this.#cmml = new ReferenceCmml(config, schema, encodedUsers, encodedItems);
  }

  /** Returns the context after the steps on a support set. */
  context(weights: Weights, support: readonly Pair[]): number[] {
    const { steps, learningRate } = this.#config.refinement;
    const lossAt = (at: readonly number[]) =>
      this.loss(support, (pair) => this.#cmml.scoreInContext(weights, pair, support, at));
    let context = this.#cmml.context(weights, support);
    for (let step = 0; step < steps; step++) {
      const gradient = differences(lossAt, context);
      context = context.map((value, unit) => value - learningRate * (gradient[unit] as number));
    }
    return context;
  }

  score(weights: Weights, pair: Omit<Pair, 'label'>, support: readonly Pair[]): number {
    return this.#cmml.scoreInContext(weights, pair, support, this.context(weights, support));
  }

  /** Returns the mean loss of a support set, see `referenceLosses`. */
  loss(support: readonly Pair[], score: Scores): number {
    return meanLoss(referenceLosses(this.#config.objective, support, score));
  }
}

function differences(lossAt: (at: readonly number[]) => number, point: readonly number[]): number[] {
  const distance = 1e-6;
  return point.map((value, unit) => {
    const [above, below] = [distance, -distance].map((change) => lossAt(point.with(unit, value + change)));
    return ((above as number) - (below as number)) / (2 * distance);
  });
}
