import { beforeAll, describe, expect, test } from '@jest/globals';
import type { EngineName, HostTensors } from '../../../../src/engine/engine.ts';
import { openEngine } from '../../../../src/engine/engines.ts';
import { floatTensor, integerTensor } from '../../../../src/engine/host-tensor.ts';
import type { EncodedFeatures } from '../../../../src/features/encode-features.ts';
import { type FeatureSchema, featureSchema, idField } from '../../../../src/features/feature-schema.ts';
import { listConstants, listInputs, listLoss } from '../../../../src/models/cmml/lists/list-loss.ts';
import { declareTrainedList } from '../../../../src/models/cmml/lists/list-network.ts';
import { idRows } from '../../../../src/models/embedding/factor-embedding.ts';
import { encodedItems, encodedUsers, schema } from '../../../contract/recommender/small-catalog.ts';
import { gradientsOf } from '../../../engine/gradients-of.ts';
import { type Weights, weightsOf } from '../reference-weights.ts';
import { dot, ReferenceLists, type ReferencePair } from './reference-lists.ts';
import { smallList } from './small-list.ts';

/** Three of the tasks' places are used; the last is padding. */
const size = { tasks: 4, support: 2, items: 5, ordered: 3 };
/** Standardized logarithms of counts, by ID row. */
const popularity = [0, 1.2, -0.4, 0.3, -1.1, 0.6];
/** The competing items, one of them with its ID dropped, and one that the schema does not know. */
const competing = { rows: [3, 0, 2, 5, 4], ids: [4, 1, 0, 0, 5], logOdds: [-0.7, 0, -1.3, -2.1, -0.2] };

interface PlannedTask {
  readonly user: number;
  readonly profile: number;
  readonly support: readonly (Omit<ReferencePair, 'item'> & { readonly at: number; readonly mask: number })[];
  readonly targets: number[];
  readonly ordered: { readonly at: number[]; readonly targets: number[]; readonly logOdds: number[] };
}

/** Support pairs are positions among the competing items. */
const tasks: readonly PlannedTask[] = [
  {
    user: 0,
    profile: 1,
    support: [
      { at: 1, type: 0, label: 5, mask: 1.25, age: 0.02 },
      { at: 2, type: 1, label: 0, mask: 0.5, opinion: 1, amount: 0.7 },
    ],
    targets: [0.3, -1, -1, 0, 0.2],
    ordered: { at: [0, 3, 2], targets: [0.3, 0, -1], logOdds: [-0.5, 0, -0.1] },
  },
  {
    user: 1,
    profile: 0,
    support: [
      { at: 3, type: 0, label: 1, mask: 1, age: 0 },
      { at: 0, type: 2, label: 0, mask: 1.5, opinion: -2, amount: -1.3, age: 12 },
    ],
    targets: [0, 0.25, 0, -1, 0],
    ordered: { at: [1, 4, 0], targets: [0.25, 0, 0], logOdds: [0, -0.4, -0.3] },
  },
  // Without support pairs, and without anything to find.
  {
    user: 1,
    profile: 1,
    support: [],
    targets: [0, 0, 0, 0, 0],
    ordered: { at: [0, 1, 2], targets: [0, 0, 0], logOdds: [0, 0, 0] },
  },
];

const float = (shape: number[], values: number[]) => floatTensor(shape, Float32Array.from(values));
const integer = (shape: number[], values: number[]) => integerTensor(shape, Int32Array.from(values));
/** Returns the values of all places, with `filler` for the padding. */
function padded(places: number, filler: number, of: (task: PlannedTask) => number[]): number[] {
  return Array.from({ length: size.tasks }, (_, task) => {
    const values = tasks[task] ? of(tasks[task]) : [];
    return Array.from({ length: places }, (_, place) => values[place] ?? filler);
  }).flat();
}

const batch: HostTensors = {
  items: integer([5], competing.rows),
  ids: integer([5], competing.ids),
  logOdds: float([5], competing.logOdds),
  users: integer(
    [4],
    padded(1, 0, ({ user }) => [user]),
  ),
  profileMask: float(
    [4],
    padded(1, 0, ({ profile }) => [profile]),
  ),
  supportItems: integer(
    [4, 2],
    padded(2, 1, ({ support }) => support.map(({ at }) => at)),
  ),
  supportTypes: integer(
    [4, 2],
    padded(2, 2, ({ support }) => support.map(({ type }) => type)),
  ),
  supportLabels: float(
    [4, 2],
    padded(2, 3, ({ support }) => support.map(({ label }) => label)),
  ),
  supportEvidence: float(
    [4, 2],
    padded(2, 4, ({ support }) => support.map(({ opinion = 1 }) => opinion)),
  ),
  supportAmounts: float(
    [4, 2],
    padded(2, 6, ({ support }) => support.map(({ amount = 0 }) => amount)),
  ),
  supportAges: float(
    [4, 2],
    padded(2, 5, ({ support }) => support.map(({ age = 0 }) => age)),
  ),
  supportMask: float(
    [4, 2],
    padded(2, 0, ({ support }) => support.map(({ mask }) => mask)),
  ),
  supportCounts: float(
    [4],
    padded(1, 0, ({ support }) => [support.length]),
  ),
  targets: float(
    [4, 5],
    padded(5, 0, ({ targets }) => targets),
  ),
};
const orderedBatch: HostTensors = {
  orderedItems: integer(
    [4, 3],
    padded(3, 0, ({ ordered }) => ordered.at),
  ),
  orderedTargets: float(
    [4, 3],
    padded(3, 0, ({ ordered }) => ordered.targets),
  ),
  orderedLogOdds: float(
    [4, 3],
    padded(3, 0, ({ ordered }) => ordered.logOdds),
  ),
};

/** The cross-entropy of a softmax over the items whose target is not negative; undefined without a positive target. */
function crossEntropy(logits: readonly number[], targets: readonly number[]): number | undefined {
  if (!targets.some((target) => target > 0)) return undefined;
  const normalizer = logits.reduce((sum, logit, at) => sum + (targets[at]! < 0 ? 0 : Math.exp(logit)), 0);
  return targets.reduce(
    (sum, target, at) => sum - Math.max(target, 0) * Math.log(Math.exp(logits[at]!) / normalizer),
    0,
  );
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}

function mean(losses: readonly (number | undefined)[]): number {
  const known = losses.filter((loss) => loss !== undefined);
  return known.reduce((sum, loss) => sum + loss, 0) / known.length;
}

/** What a task knows of the competing items, from one set of weights. */
function readTask(reference: ReferenceLists, { user, profile, support }: PlannedTask) {
  const items = competing.rows.map((row, at) => reference.item(row, competing.ids[at]));
  const gated = support.map((pair) => reference.gated(items[pair.at]!.input, pair).map((value) => value * pair.mask));
  const ofUser = reference.profile(user).map((value) => value * profile);
  const context = reference.context(gated, ofUser, support.length);
  const seen = support.reduce((sum, { at, mask }) => sum + items[at]!.popularity * mask, 0);
  const weight = reference.popularityWeight(seen, support.length);
  const logits = items.map(({ output, bias, popularity }) => dot(context, output) + bias + weight * popularity);
  return { items, context, logits };
}

const variants = [
  ['the modulation linear', {}],
  ['the modulation linear and ages', { ages: true }],
  ['the modulation linear and amounts', { amounts: { VIEW: { mean: 0, deviation: 1 } } }],
  ['the modulation film', { modulation: 'film' }],
  ['the modulation sigmoid', { modulation: 'sigmoid' }],
] as const;

describe.each(variants)('the loss of CMML that ranks the catalog, with %s', (_, variant) => {
  const { config, parameters: all } = smallList(schema, { ...variant, profilePenalty: 0.3, itemPenalty: 0.2 });
  const names = Object.keys(declareTrainedList(config, schema));
  const parameters = Object.fromEntries(names.map((name) => [name, all[name]!]));
  const loss = listLoss(config, schema, encodedItems);
  const constants = listConstants(schema, encodedUsers, encodedItems, Float32Array.from(popularity));
  const ordersAgain = config.modulation !== 'linear';
  const { supportAges, supportAmounts, ...rest } = batch;
  const readInputs = {
    ...(config.ages && { supportAges }),
    ...(Object.keys(config.amounts).length > 0 && { supportAmounts }),
  };
  const inputs = { ...rest, ...readInputs, ...(ordersAgain && orderedBatch) };
  const read = (weights: Weights) =>
    new ReferenceLists(config, weights, { items: encodedItems, users: encodedUsers, popularity });

  /** What the network reads is constant to it: it comes from the frozen weights. */
  function referenceLoss(weights: Weights, frozen: Weights): number {
    const [reference, constant] = [read(weights), read(frozen)];
    const retrieval = tasks.map((task) => {
      const { logits } = readTask(reference, task);
      return crossEntropy(
        logits.map((logit, at) => logit - competing.logOdds[at]!),
        task.targets,
      );
    });
    const penalty =
      0.3 * sumOfSquares(weights['user.features'] ?? []) +
      // The row of unknown IDs has no penalty.
      0.2 *
        competing.ids.filter((id) => id > 0).reduce((sum, id) => sum + sumOfSquares(reference.vectorsOf(id).flat()), 0);
    if (!ordersAgain) return mean(retrieval) + penalty;
    const ordering = tasks.map((task) => {
      const { items, context, logits } = readTask(constant, task);
      const { at, targets, logOdds } = task.ordered;
      const corrected = at.map(
        (each, place) => logits[each]! + reference.network(context, items[each]!.output) - logOdds[place]!,
      );
      return crossEntropy(corrected, targets);
    });
    return mean(retrieval) + penalty + mean(ordering);
  }

  test.each<EngineName>(['onnx', 'cpu', 'wasm'])('on %s is the plain sum over items and tasks', async (name) => {
    const engine = await openEngine(name);
    const compiled = await engine.compile({
      parameters: { ...parameters, ...constants },
      inputs: listInputs(config, size),
      fn: (given, received) => ({ loss: loss(given, { ...given, ...received }) }),
    });
    const weights = weightsOf(parameters);
    const { loss: received } = await compiled.run(inputs);
    compiled.dispose();
    expect(received?.data[0]).toBeCloseTo(referenceLoss(weights, weights), 4);
  });

  describe('has the gradients of finite differences in every parameter', () => {
    let differences: Weights;
    beforeAll(() => {
      const frozen = weightsOf(parameters);
      const lossAt = (name: string, index: number, value: number) =>
        referenceLoss({ ...frozen, [name]: frozen[name]!.with(index, value) }, frozen);
      differences = Object.fromEntries(
        Object.entries(frozen).map(([name, values]) => [
          name,
          values.map((value, at) => (lossAt(name, at, value + 1e-5) - lossAt(name, at, value - 1e-5)) / 2e-5),
        ]),
      );
    });

    test.each<EngineName>(['cpu', 'onnx'])('on %s', async (name) => {
      const engine = await openEngine(name);
      const signature = listInputs(config, size);
      const gradients = await gradientsOf(engine, loss, parameters, { constants, inputs: signature, batch: inputs });
      for (const [parameter, expected] of Object.entries(differences)) {
        for (const [at, difference] of expected.entries()) {
          const gradient = gradients[parameter]?.data[at] as number;
          expect(Math.abs(gradient - difference)).toBeLessThan(1e-4 * (1 + Math.abs(difference)));
        }
      }
    });
  });
});

describe('the penalty on the vectors of IDs', () => {
  const { slot, first } = idRows(schema, 'item');
  const { rows, slots } = encodedItems;

  /** Returns whether the loss depends on the weight of the penalty. */
  async function isApplied(fields: FeatureSchema, items: EncodedFeatures): Promise<boolean> {
    const engine = await openEngine('wasm');
    const lossWith = async (itemPenalty: number) => {
      const { config, parameters } = smallList(fields, { itemPenalty });
      const loss = listLoss(config, fields, items);
      const compiled = await engine.compile({
        parameters: { ...parameters, ...listConstants(fields, encodedUsers, items, Float32Array.from(popularity)) },
        inputs: listInputs(config, size),
        fn: (given, received) => ({ loss: loss(given, { ...given, ...received }) }),
      });
      const { loss: received } = await compiled.run(batch);
      compiled.dispose();
      return received?.data[0];
    };
    return (await lossWith(100)) !== (await lossWith(0));
  }

  /** Returns items that all have the features of the first one, and keep their own IDs. */
  function alike(): EncodedFeatures {
    const indices = encodedItems.indices.map((index, at) =>
      at % slots === slot ? index : (encodedItems.indices[at % slots] as number),
    );
    const weights = encodedItems.weights.map((_, at) => encodedItems.weights[at % slots] as number);
    return { rows, slots, indices, weights };
  }

  test('is not applied if items have no features', async () => {
    const idsAlone = featureSchema(schema.fields.filter(({ entity, name }) => entity === 'user' || name === idField));
    const ids = Int32Array.from({ length: rows }, (_, row) => encodedItems.indices[row * slots + slot]! - first);
    const items = { rows, slots: 1, indices: ids, weights: new Float32Array(rows).fill(1) };
    expect(await isApplied(idsAlone, items)).toBe(false);
  });

  test('is not applied if the features of all items are equal', async () => {
    expect(await isApplied(schema, alike())).toBe(false);
  });

  test('is applied if one item differs from the others in one feature', async () => {
    for (const part of ['indices', 'weights'] as const) {
      const items = alike();
      items[part][(rows - 1) * slots] = items[part][0]! + 1;
      expect(await isApplied(schema, items)).toBe(true);
    }
  });
});
