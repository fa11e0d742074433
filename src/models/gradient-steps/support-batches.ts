import type { HostTensors } from '../../engine/engine.ts';
import { floatTensor } from '../../engine/host-tensor.ts';
import { type ObjectiveKind, objectives } from '../objectives.ts';
import type { Embeddings, SupportSet } from '../recommender.ts';

/** The index of the pair in each place of a batch, or −1 for an empty place. */
export type Places = Int32Array;

/** The fields of a configuration on which the batches of a support set depend. */
export interface BatchLayout {
  readonly objective: ObjectiveKind;
  readonly supportLimit: number;
}

/**
 * Returns the number of places in a batch. A pairwise objective has the same number for positives and for negatives.
 */
export function batchPlaces({ objective, supportLimit }: BatchLayout): number {
  return objectives[objective].pairwise ? 2 * Math.ceil(supportLimit / 2) : supportLimit;
}

/**
 * Cuts a support set into batches that gradient steps read one after another. A pairwise objective compares the k-th
 * positive (label above 0) with the k-th negative, whatever their positions in the set. Only pairs with a
 * partner are used, so every batch has as many negatives as positives.
 */
export function supportBatches(layout: BatchLayout, labels: Float32Array): Places[] {
  const places = batchPlaces(layout);
  const pairs = [...labels.keys()];
  if (!objectives[layout.objective].pairwise) return batchesOf([pairs], places);
  const positives = pairs.filter((pair) => isPositive(labels[pair] as number));
  const negatives = pairs.filter((pair) => !isPositive(labels[pair] as number));
  const partners = Math.min(positives.length, negatives.length);
  return batchesOf([positives.slice(0, partners), negatives.slice(0, partners)], places);
}

/**
 * Returns one batch with the latest pairs of a support set. A pairwise objective keeps the latest positives in
 * one half of the places and the latest negatives in the other. Pairs without a partner are kept too.
 */
export function latestPairs(layout: BatchLayout, labels: Float32Array): Places {
  const places = batchPlaces(layout);
  const pairs = [...labels.keys()];
  const positive = (pair: number) => isPositive(labels[pair] as number);
  const parts = objectives[layout.objective].pairwise
    ? [pairs.filter(positive), pairs.filter((pair) => !positive(pair))]
    : [pairs];
  const room = places / parts.length;
  const filled = new Int32Array(places).fill(-1);
  for (const [part, all] of parts.entries()) filled.set(all.slice(-room), part * room);
  return filled;
}

/** Returns the `users`, `items`, `labels` and `mask` of the pairs in these places, as inputs of a function. */
export function batchInputs({ users, items, labels }: SupportSet, places: Places): HostTensors {
  const filled = places.map((pair) => (pair < 0 ? 0 : 1));
  return {
    users: rowsAt(users, users.rows === 1 ? places.map((pair) => Math.min(pair, 0)) : places),
    items: rowsAt(items, places),
    labels: floatTensor(
      [places.length],
      Float32Array.from(places, (pair) => labels[pair] ?? 0),
    ),
    mask: floatTensor([places.length], Float32Array.from(filled)),
  };
}

function isPositive(label: number): boolean {
  return label > 0;
}

/**
 * Cuts lists of the same length into batches. Each batch holds an equal piece of every list, one list after another.
 */
function batchesOf(lists: readonly (readonly number[])[], places: number): Places[] {
  const room = places / lists.length;
  const length = lists[0]?.length ?? 0;
  return Array.from({ length: Math.ceil(length / room) }, (_, batch) => {
    const filled = new Int32Array(places).fill(-1);
    for (const [part, list] of lists.entries()) {
      filled.set(list.slice(batch * room, (batch + 1) * room), part * room);
    }
    return filled;
  });
}

/** Returns rows of embeddings, `[places, width]`. Empty places are zero. */
function rowsAt({ width, data }: Embeddings, places: Places) {
  const rows = new Float32Array(places.length * width);
  for (const [place, row] of places.entries()) {
    if (row >= 0) rows.set(data.subarray(row * width, (row + 1) * width), place * width);
  }
  return floatTensor([places.length, width], rows);
}
