import type { EncodedFeatures } from '../../../../src/features/encode-features.ts';
import type { ListConfig } from '../../../../src/models/cmml/lists/list-config.ts';
import { solveDense } from '../../../support/solve-dense.ts';
import { referenceModulations } from '../reference-modulations.ts';
import type { Weights } from '../reference-weights.ts';

/**
 * An interaction with an item: its row among the encoded items, its type (0 is RATE; from 4 on, training did not see it),
 * its rating, and what it says. By default, ratings from 4 on and all other types say that the user likes the item.
 */
export interface ReferencePair {
  readonly item: number;
  readonly type: number;
  readonly label: number;
  readonly opinion?: number;
  /** In deviations of its type. */
  readonly amount?: number;
  /** In days. */
  readonly age?: number;
}

export function opinionOf({ type, label, opinion }: Omit<ReferencePair, 'item'>): number {
  return opinion ?? (type !== 0 || label >= 4 ? 1 : 0);
}

/** Everything that a model keeps of an item, in double precision. */
export interface ReferenceItem {
  readonly input: number[];
  readonly output: number[];
  readonly bias: number;
  readonly popularity: number;
}

/** CMML that ranks the catalog, written item by item and pair by pair, without tensors. */
export class ReferenceLists {
  readonly config: ListConfig;
  readonly weights: Weights;
  readonly popularity: readonly number[];
  readonly #items: EncodedFeatures;
  readonly #users: EncodedFeatures;
  /** The number of embedding rows of item features, which come before those of IDs. */
  readonly #featureRows: number;
  readonly #profileRows: number;

  constructor(
    config: ListConfig,
    weights: Weights,
    { items, users, popularity }: { items: EncodedFeatures; users: EncodedFeatures; popularity: readonly number[] },
  ) {
    this.config = config;
    this.weights = weights;
    this.popularity = popularity;
    this.#items = items;
    this.#users = users;
    this.#featureRows = this.weights['item.featureBias']?.length ?? 0;
    this.#profileRows = (this.weights['user.features']?.length ?? 0) / config.vectorWidth;
  }

  /** The ID row of an item. Its ID is its last slot. */
  idOf(row: number): number {
    const { indices, slots } = this.#items;
    return (indices[(row + 1) * slots - 1] as number) - this.#featureRows;
  }

  item(row: number, id = this.idOf(row)): ReferenceItem {
    const { indices, weights: slotWeights, slots } = this.#items;
    const [input, output] = this.vectorsOf(id);
    let bias = this.weights['item.bias']?.[id] as number;
    for (let at = row * slots; at < (row + 1) * slots - 1; at++) {
      const [index, weight] = [indices[at] as number, slotWeights[at] as number];
      for (const [unit, value] of this.#row('item.features', index).entries()) {
        input[unit] = (input[unit] as number) + weight * value;
        output[unit] = (output[unit] as number) + weight * value;
      }
      bias += weight * (this.weights['item.featureBias']?.[index] as number);
    }
    return { input, output, bias, popularity: this.popularity[id] as number };
  }

  /** The factors of the closed-form head: those of a known ID, or the sum of the features' and of row 0. */
  factors(row: number): number[] {
    const { width } = this.config.closedForm;
    const id = this.idOf(row);
    const factors = this.#row('item.factors', id, width);
    if (id > 0) return factors;
    const { indices, weights: slotWeights, slots } = this.#items;
    for (let at = row * slots; at < (row + 1) * slots - 1; at++) {
      for (const [unit, value] of this.#row('item.factors.byFeature', indices[at] as number, width).entries()) {
        factors[unit] = (factors[unit] as number) + (slotWeights[at] as number) * value;
      }
    }
    return factors;
  }

  /** The vectors of an ID row, for input and for output. */
  vectorsOf(id: number): [number[], number[]] {
    return [this.#row('item.input', id), this.#row('item.output', id)];
  }

  /**
   * `input · (evidence · (1 + age) + scale) + shift`, where scale and shift are the sums of what the type and the rating
   * say, and `age` is what the age says.
   */
  gated(input: readonly number[], pair: Omit<ReferencePair, 'item'>): number[] {
    const { type, label } = pair;
    const { mean, deviation } = this.config.labels;
    const rating = type === 0 ? (label - mean) / deviation : 0;
    const basis = [0, 1, 2, 3].map((each) => Number(each === type));
    basis.push(Math.max(rating, 0), Math.max(-rating, 0));
    if (Object.keys(this.config.amounts).length > 0)
      basis.push(...[0, 1, 2, 3].map((each) => (each === type ? (pair.amount ?? 0) : 0)));
    return input.map((value, unit) => {
      const of = (name: string) =>
        basis.reduce((sum, weight, row) => sum + weight * (this.#row(name, row)[unit] as number), 0);
      const evidence = (type === 0 ? 1 : opinionOf(pair)) * (1 + this.#ofAge(pair.age ?? 0, unit));
      return value * (evidence + of('feedback.scale')) + of('feedback.shift');
    });
  }

  #ofAge(age: number, unit: number): number {
    if (!this.config.ages) return 0;
    const days = [1 / 1440, 1 / 144, 1 / 24, 1 / 3, 1, 7, 30, 90, 365];
    return days.reduce((sum, span, row) => sum + Math.expm1(-age / span) * at(this.#row('feedback.age', row), unit), 0);
  }

  /** The vector of a user's features, without the ID. */
  profile(user: number): number[] {
    const { indices, weights: slotWeights, slots } = this.#users;
    const sum = new Array<number>(this.config.vectorWidth).fill(0);
    for (let at = user * slots; at < (user + 1) * slots; at++) {
      const index = indices[at] as number;
      if (index >= this.#profileRows) continue;
      for (const [unit, value] of this.#row('user.features', index).entries()) {
        sum[unit] = (sum[unit] as number) + (slotWeights[at] as number) * value;
      }
    }
    return sum;
  }

  /** `Σ gated / n^e + profile · w / (n + w) + start`. */
  context(gated: readonly (readonly number[])[], profile: readonly number[], count = gated.length): number[] {
    const { profileWeight } = this.config;
    return profile.map((value, unit) => {
      const divisor = Math.max(count, 1) ** (this.weights['task.evidence']?.[unit] as number);
      const pooled = gated.reduce((sum, vector) => sum + (vector[unit] as number), 0) / divisor;
      const start = this.weights['task.start']?.[unit] as number;
      return pooled + (value * profileWeight) / (count + profileWeight) + start;
    });
  }

  /** The weight of popularity before `novelty`. */
  popularityWeight(popularity: number, count: number): number {
    return (popularity / (count + 2)) * (this.weights['task.popularity']?.[0] as number);
  }

  /** What serving scores an item with, in parts. */
  parts(pairs: readonly ReferencePair[], user: number, row: number) {
    const items = pairs.map(({ item }) => this.item(item));
    const gated = pairs.map((pair, at) => this.gated((items[at] as ReferenceItem).input, pair));
    const context = this.context(gated, this.profile(user));
    const { output, bias, popularity } = this.item(row);
    const weight = this.popularityWeight(
      items.reduce((sum, item) => sum + item.popularity, 0),
      pairs.length,
    );
    const n = pairs.length;
    const lean = (this.config.novelty * 2 * n ** 2 * 25) / (n ** 4 + 625);
    const deviation = this.weights['item.popularity.deviation']?.[0] as number;
    return {
      context,
      product: dot(context, output),
      bias,
      popularity: popularity * (weight - lean * deviation),
      closedForm: this.#closedForm(pairs, row),
      network: this.network(context, output),
    };
  }

  score(pairs: readonly ReferencePair[], user: number, row: number): number {
    const { product, bias, popularity, closedForm, network } = this.parts(pairs, user, row);
    return product + bias + popularity + closedForm + network;
  }

  /** What the modulated network adds to a score. */
  network(context: readonly number[], output: readonly number[]): number {
    const { modulation } = this.config;
    if (modulation === 'linear') return 0;
    const hybrid = output.map((value, unit) => value * (context[unit] as number));
    return referenceModulations[modulation](this.weights, hybrid, output);
  }

  /** The predicted rating of an item: the ridge regression of the task's ratings, between 1 and 5. */
  rating(pairs: readonly ReferencePair[], row: number): number {
    const { ratingHead, labels } = this.config;
    const width = ratingHead.width + 1;
    const kept = (item: number) => this.#row('rating.items', this.idOf(item), width);
    const design = (item: number) => [1, ...kept(item).slice(1)];
    const rated = pairs.filter(({ type }) => type === 0);
    const residuals = rated.map(({ item, label }) => (label - labels.mean) / labels.deviation - at(kept(item), 0));
    const penaltyOf = (a: number) => (a === 0 ? ratingHead.biasRegularization : ratingHead.regularization);
    const matrix = Array.from({ length: width }, (_, a) =>
      Array.from({ length: width }, (_, b) =>
        rated.reduce((sum, { item }) => sum + at(design(item), a) * at(design(item), b), a === b ? penaltyOf(a) : 0),
      ),
    );
    const right = Array.from({ length: width }, (_, a) =>
      rated.reduce((sum, { item }, pair) => sum + at(design(item), a) * at(residuals, pair), 0),
    );
    const standardized = at(kept(row), 0) + dot(solveDense(matrix, right), design(row));
    return Math.min(5, Math.max(1, labels.mean + labels.deviation * standardized));
  }

  #closedForm(pairs: readonly ReferencePair[], row: number): number {
    const { width, scale, halfLife = 0 } = this.config.closedForm;
    if (width === 0) return 0;
    const aged = (pair: ReferencePair) => opinionOf(pair) * (halfLife > 0 ? 0.5 ** ((pair.age ?? 0) / halfLife) : 1);
    // Items that training did not see do not count.
    const known = pairs
      .filter(({ item }) => this.idOf(item) > 0)
      .map((pair) => ({ item: pair.item, opinion: aged(pair), confidence: Math.abs(aged(pair)) }));
    const confidence = known.reduce((sum, pair) => sum + pair.confidence, 0);
    const [lambda, unobserved] = this.weights['head.penalty'] as [number, number];
    const factorsOf = (item: number) => this.factors(item);
    const matrix = Array.from({ length: width }, (_, a) =>
      Array.from({ length: width }, (_, b) => {
        const gram = this.weights['head.gram']?.[a * width + b] as number;
        const own = known.reduce(
          (sum, { item, confidence }) => sum + confidence * at(factorsOf(item), a) * at(factorsOf(item), b),
          0,
        );
        return gram + own + (a === b ? lambda * (confidence + unobserved) : 0);
      }),
    );
    const right = Array.from({ length: width }, (_, a) =>
      known.reduce((sum, { item, opinion }) => sum + opinion * at(factorsOf(item), a), 0),
    );
    return scale * dot(solveDense(matrix, right), factorsOf(row));
  }

  #row(name: string, row: number, width = this.config.vectorWidth): number[] {
    return (this.weights[name] as number[]).slice(row * width, (row + 1) * width);
  }
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, unit) => sum + value * at(b, unit), 0);
}

function at(values: readonly number[], index: number): number {
  return values[index] as number;
}
