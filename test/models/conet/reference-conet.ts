import type { ConetConfig } from '../../../src/models/conet/conet-config.ts';
import { type EmbeddedCatalog, referenceEmbedding } from '../cmml/reference-embedding.ts';
import { affine, dense, layersOf, relu, reluLayers, type Weights } from '../cmml/reference-weights.ts';
import type { Pair } from '../dcn/reference-dcn.ts';

/** CoNet as in the paper, one pair at a time and in double precision. */
export class ReferenceConet {
  readonly #catalog: EmbeddedCatalog;

  constructor(config: ConetConfig, catalog: Omit<EmbeddedCatalog, 'config'>) {
    this.#catalog = { ...catalog, config };
  }

  /** Returns the outputs of both towers for a pair. */
  scores(weights: Weights, pair: Pair): Record<'source' | 'target', number> {
    const input = referenceEmbedding(weights, this.#catalog, pair);
    let [source, target] = [dense(weights, 'source.1', input).map(relu), dense(weights, 'target.1', input).map(relu)];
    for (const [at, layer] of layersOf(weights, 'target').slice(1).entries()) {
      const cross = weights[`cross.${at + 1}.weight`] as number[];
      const next = (name: string, own: readonly number[], other: readonly number[]) =>
        affine(cross, dense(weights, name, own), other).map(relu);
      [source, target] = [next(layer.replace('target', 'source'), source, target), next(layer, target, source)];
    }
    const [ofSource] = dense(weights, 'source.output', source) as [number];
    const [ofTarget] = dense(weights, 'target.output', target) as [number];
    return { source: ofSource, target: ofTarget };
  }

  /** Returns the output of the target tower as a plain multilayer perceptron, which has no cross connections. */
  perceptron(weights: Weights, pair: Pair): number {
    const input = referenceEmbedding(weights, this.#catalog, pair);
    const last = reluLayers(weights, 'target', input).at(-1) as number[];
    return dense(weights, 'target.output', last)[0] as number;
  }
}
