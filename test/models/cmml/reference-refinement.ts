import type { CmmlConfig } from '../../../src/models/cmml/cmml-config.ts';
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

  /** Returns the mean loss of a support set. A pairwise objective compares the k-th positive with the k-th negative. */
  loss(support: readonly Pair[], score: Scores): number {
    const { objective } = this.#config;
    if (objective === 'mse') return mean(support.map((pair) => (score(pair) - pair.label) ** 2));
    if (objective === 'bce')
      return mean(support.map((pair) => Math.log1p(Math.exp(score(pair))) - pair.label * score(pair)));
    const negatives = support.filter(({ label }) => label <= 0);
    const positives = support.filter(({ label }) => label > 0).slice(0, negatives.length);
    const leads = positives.map((pair, index) => score(pair) - score(negatives[index] as Pair));
    return mean(leads.map((lead) => (objective === 'hinge' ? Math.max(0, 1 - lead) : Math.log1p(Math.exp(-lead)))));
  }
}

/** Returns the mean of these values, or 0 without any. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

function differences(lossAt: (at: readonly number[]) => number, point: readonly number[]): number[] {
  const distance = 1e-6;
  return point.map((value, unit) => {
    const [above, below] = [distance, -distance].map((change) => lossAt(point.with(unit, value + change)));
    return ((above as number) - (below as number)) / (2 * distance);
  });
}
