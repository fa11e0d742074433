import type { HostTensors } from '../../../engine/engine.ts';
import { floatTensor, integerTensor } from '../../../engine/host-tensor.ts';
import { agedOpinions } from '../../../features/ages.ts';
import { standardAmount } from '../../../features/amounts.ts';
import { evidenceOf, latestOpinions } from '../../../features/opinions.ts';
import type { SupportSet } from '../../recommender.ts';
import { rowsOf, supportOpinions } from '../../support-inputs.ts';
import { idRowsOf } from './item-vectors.ts';
import { type ListConfig, readsAmounts } from './list-config.ts';

/** What the closed-form head knows of a task: its latest opinion of each item by ID row, without those of 0. */
export type HeadOpinions = ReadonlyMap<number, number>;

/** By how much each pair changes the sums of the closed-form head. */
export interface HeadChanges {
  /** The change of the confidence in the item's target, which is the magnitude of the opinion. */
  readonly confidence: Float32Array;
  /** The change of confidence times target, which is the opinion: the target is 1 for a like, −1 for a dislike. */
  readonly opinion: Float32Array;
}

/**
 * Returns by how much each pair changes the sums of the closed-form head, and what the head knows afterwards. An item
 * counts once, by the latest opinion. Items that training did not see have no factors and do not count.
 */
export function changeOpinions(
  config: ListConfig,
  support: SupportSet,
  earlier: HeadOpinions,
): { changes: HeadChanges; known: HeadOpinions } {
  const { rows } = support.items;
  const ids = [...earlier.keys(), ...(idRowsOf(config, support.items) as Float32Array)];
  const opinions = [...earlier.values(), ...currentOpinions(config, support)];
  const changes = { confidence: new Float32Array(rows), opinion: new Float32Array(rows) };
  const known = new Map<number, number>();
  for (const [id, { weight, pair }] of latestOpinions(ids, opinions)) {
    if (id === 0) continue;
    if (weight !== 0) known.set(id, weight);
    const before = earlier.get(id) ?? 0;
    // An opinion that the support set does not change has an earlier pair, and there is nothing to write.
    changes.confidence[pair - earlier.size] = Math.abs(weight) - Math.abs(before);
    changes.opinion[pair - earlier.size] = weight - before;
  }
  return { changes, known };
}

/** Returns the opinions of the pairs as the closed-form head counts them at their ages. */
function currentOpinions({ positiveFrom, closedForm }: ListConfig, support: SupportSet): Float32Array {
  const opinions = supportOpinions(support, positiveFrom);
  return support.ages && closedForm.halfLife ? agedOpinions(opinions, support.ages, closedForm.halfLife) : opinions;
}

/** Returns what the closed-form head reads of some of the pairs. */
export function headInputs(
  { confidence, opinion }: HeadChanges,
  [start, end]: readonly [start: number, end: number],
): HostTensors {
  return {
    confidence: floatTensor([end - start], confidence.subarray(start, end)),
    opinion: floatTensor([end - start], opinion.subarray(start, end)),
  };
}

/**
 * Returns the inputs of a function that reads pairs, for some of the pairs. Throws a TypeError if the support set has no
 * types.
 */
export function pairInputs(
  config: ListConfig,
  support: SupportSet,
  [start, end]: readonly [start: number, end: number],
): HostTensors {
  const { items, labels, types } = support;
  if (!types) throw new TypeError('Expected a support set with the types of its interactions, got none.');
  const opinions = supportOpinions(support, config.positiveFrom);
  const chosen = types.subarray(start, end);
  const known = config.types.length;
  return {
    items: rowsOf(items, [start, end]),
    labels: floatTensor([end - start], labels.subarray(start, end)),
    types: integerTensor(
      [end - start],
      Int32Array.from(chosen, (type) => Math.min(type, known)),
    ),
    evidence: floatTensor(
      [end - start],
      Float32Array.from(chosen, (type, pair) => evidenceOf(type, opinions[start + pair] as number)),
    ),
    ...(readsAmounts(config) && {
      amounts: floatTensor([end - start], amountsOf(config, chosen, support.amounts?.subarray(start, end))),
    }),
    ...(config.ages && {
      ages: floatTensor([end - start], support.ages?.subarray(start, end) ?? new Float32Array(end - start)),
    }),
  };
}

/** Returns the amounts of pairs of these types, standardized. */
function amountsOf(
  { amounts: scales, types: names }: ListConfig,
  types: Uint8Array,
  amounts: Float32Array | undefined,
): Float32Array {
  return Float32Array.from(types, (type, pair) =>
    standardAmount(scales[names[type] ?? ''], amounts?.[pair] ?? Number.NaN),
  );
}
