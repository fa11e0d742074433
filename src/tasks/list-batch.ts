import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { standardAmount } from '../features/amounts.ts';
import type { NumberScale } from '../features/feature-schema.ts';
import { CompetingItems, type ItemWeights } from './competing-items.ts';
import {
  drawListEpisode,
  type ListEpisode,
  type ListEpisodeOptions,
  type ShownPair,
  type Target,
} from './list-episode.ts';
import type { Random } from './random.ts';
import type { Task } from './training-data.ts';

/** Places in a batch, see `ListBatch`. */
export interface ListBatchPlaces {
  readonly tasks: number;
  readonly support: number;
  /** The number of competing items: all of the catalog, or a sample. */
  readonly items: number;
  /** The number of items of each task that a network orders; 0 without such a network. */
  readonly ordered: number;
}

/** Weights of targets of one task sum to √targets times this, which keeps the loss near 1 for long histories. */
const targetScale = 0.25;

/** How tasks become episodes, and what of them is left out. */
export interface ListBatchOptions extends ListEpisodeOptions {
  /** The share of the shown interactions that are left out at random, so that no item is relied on. */
  readonly supportDropout: number;
  /** The share of the competing items whose ID is dropped, so that items are also known by their features. */
  readonly idDropout: number;
  /** The share of the tasks whose user's features are dropped, so that users are also served without them. */
  readonly profileDropout: number;
  /** How the amounts of each type are standardized, see `standardAmount`. Types without a scale have none. */
  readonly amountScales: readonly (NumberScale | undefined)[];
}

/**
 * The preallocated arrays of a batch of episodes for a model that ranks the catalog, row-major. `items` are catalog
 * rows. `supportItems` and `orderedItems` are positions in `items`. Refilled for each step.
 */
export class ListBatch {
  readonly places: ListBatchPlaces;
  readonly items: Int32Array;
  /** The ID row of each competing item, 0 if its ID is dropped. */
  readonly ids: Int32Array;
  readonly logOdds: Float32Array;
  readonly users: Int32Array;
  readonly profileMask: Float32Array;
  readonly supportItems: Int32Array;
  readonly supportTypes: Int32Array;
  readonly supportLabels: Float32Array;
  /** See `evidenceOf`. */
  readonly supportEvidence: Float32Array;
  /** See `standardAmount`. */
  readonly supportAmounts: Float32Array;
  /** See `agesOf`. */
  readonly supportAges: Float32Array;
  /** How much each pair of the support set counts; 0 for padding and for pairs that are left out. */
  readonly supportMask: Float32Array;
  /** The number of pairs in each support set, whether they are left out or not. */
  readonly supportCounts: Float32Array;
  /** `[tasks, items]`: the weight of an item to find, −1 for an item that does not compete, otherwise 0. */
  readonly targets: Float32Array;
  readonly orderedItems: Int32Array;
  readonly orderedTargets: Float32Array;
  readonly orderedLogOdds: Float32Array;
  readonly #competing: CompetingItems;
  readonly #options: ListBatchOptions;

  constructor(places: ListBatchPlaces, catalog: ItemWeights, options: ListBatchOptions) {
    const { tasks, support, items, ordered } = places;
    this.places = places;
    this.#options = options;
    this.#competing = new CompetingItems(catalog, items);
    this.items = this.#competing.items;
    this.ids = new Int32Array(items);
    this.logOdds = this.#competing.logOdds;
    this.users = new Int32Array(tasks);
    this.profileMask = new Float32Array(tasks);
    this.supportItems = new Int32Array(tasks * support);
    this.supportTypes = new Int32Array(tasks * support);
    this.supportLabels = new Float32Array(tasks * support);
    this.supportEvidence = new Float32Array(tasks * support);
    this.supportAmounts = new Float32Array(tasks * support);
    this.supportAges = new Float32Array(tasks * support);
    this.supportMask = new Float32Array(tasks * support);
    this.supportCounts = new Float32Array(tasks);
    this.targets = new Float32Array(tasks * items);
    this.orderedItems = new Int32Array(tasks * ordered);
    this.orderedTargets = new Float32Array(tasks * ordered);
    this.orderedLogOdds = new Float32Array(tasks * ordered);
  }

  /** Fills the batch with one episode of each task. Fewer tasks than places leave padding, which has no targets. */
  fill(tasks: readonly Task[], random: Random): void {
    const episodes = tasks.map((task) => drawListEpisode(task, this.#options, random));
    const needed = episodes.flatMap(({ support, targets }) => [...support, ...targets].map(({ item }) => item));
    this.#competing.draw(needed, random);
    // A sample can be too small for all of them. Then the last ones are left out.
    const fits = (item: number) => this.#competing.positionOf(item) !== -1;
    for (const [at, item] of this.items.entries()) {
      this.ids[at] = uniformFloat64(random) < this.#options.idDropout ? 0 : this.#competing.idOf(item);
    }
    for (const array of [this.supportMask, this.supportCounts, this.targets, this.orderedTargets, this.profileMask])
      array.fill(0);
    for (const [place, { user, support, earlier, targets }] of episodes.entries()) {
      const fitting = {
        support: support.filter(({ item }) => fits(item)),
        earlier: earlier.filter(fits),
        targets: targets.filter(({ item }) => fits(item)),
      };
      this.#put(place, { user, ...fitting }, random);
    }
  }

  #put(place: number, { user, support, earlier, targets }: ListEpisode, random: Random): void {
    const { items } = this.places;
    const { profileDropout } = this.#options;
    this.users[place] = user;
    this.profileMask[place] = uniformFloat64(random) < profileDropout ? 0 : 1;
    const row = this.targets.subarray(place * items, (place + 1) * items);
    for (const item of [...support.map((pair) => pair.item), ...earlier]) row[this.#competing.positionOf(item)] = -1;
    // Weights that are all the same are the same as weights of 1.
    const sum = targets.reduce((total, { weight }) => total + weight, 0);
    const scale = (targetScale * Math.sqrt(targets.length)) / sum;
    for (const { item, weight } of targets) row[this.#competing.positionOf(item)] = weight * scale;
    this.#putSupport(place, support, random);
    this.#putOrdered(place, row, targets, random);
  }

  /** The weights of the pairs that are kept grow, so that the expected sum does not depend on the dropout. */
  #putSupport(place: number, support: readonly ShownPair[], random: Random): void {
    const { support: places } = this.places;
    const { supportDropout, amountScales } = this.#options;
    const kept = support.slice(0, places);
    this.supportCounts[place] = kept.length;
    for (const [index, { item, type, label, evidence, amount, age }] of kept.entries()) {
      const at = place * places + index;
      this.supportItems[at] = this.#competing.positionOf(item);
      this.supportTypes[at] = type;
      this.supportLabels[at] = label;
      this.supportEvidence[at] = evidence;
      this.supportAmounts[at] = standardAmount(amountScales[type], amount);
      this.supportAges[at] = age;
      this.supportMask[at] = uniformFloat64(random) < supportDropout ? 0 : 1 / (1 - supportDropout);
    }
  }

  #putOrdered(place: number, row: Float32Array, targets: readonly Target[], random: Random): void {
    const { ordered } = this.places;
    if (ordered === 0) return;
    const start = place * ordered;
    const found = targets.slice(0, ordered / 4);
    for (let at = 0; at < ordered; at++) {
      const target = found[at];
      const position =
        target === undefined ? this.#competing.drawPosition(random) : this.#competing.positionOf(target.item);
      this.orderedItems[start + at] = position;
      this.orderedLogOdds[start + at] = this.#competing.drawLogOdds(position, ordered);
      // A negative that is shown, or that is a target itself, takes no part.
      const weight = row[position] as number;
      this.orderedTargets[start + at] = target === undefined ? (weight === 0 ? 0 : -1) : weight;
    }
  }
}
