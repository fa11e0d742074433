import type { HostTensor, HostTensors } from '../engine/engine.ts';
import { floatTensor } from '../engine/host-tensor.ts';
import { InteractionTypes } from '../features/interaction-types.ts';
import type { Embeddings, SupportSet } from './recommender.ts';

/**
 * Returns the pairs of a support set from `start` to before `end` as inputs of `foldFunction`. If `room` is larger than
 * the number of pairs, masked pairs of zeros fill it up.
 */
export function supportInputs(
  { users, items, labels }: SupportSet,
  [start, end]: readonly [start: number, end: number],
  room = end - start,
): HostTensors {
  const filled = (numbers: Float32Array) => {
    const padded = new Float32Array(room);
    padded.set(numbers);
    return floatTensor([room], padded);
  };
  return {
    users: users.rows === 1 ? repeated(users, room) : rowsOf(users, [start, end], room),
    items: rowsOf(items, [start, end], room),
    labels: filled(labels.subarray(start, end)),
    mask: filled(new Float32Array(end - start).fill(1)),
  };
}

/** Throws a TypeError unless there is one label per item, and one user per item or one user for all. */
export function checkSupportSet({ users, items, labels }: SupportSet): void {
  if (labels.length === items.rows && (users.rows === 1 || users.rows === items.rows)) return;
  throw new TypeError(
    `Expected one label for each of ${items.rows} items, and one user for each item or for all, ` +
      `got ${labels.length} labels and ${users.rows} users.`,
  );
}

/**
 * Returns what each pair of a support set says about the user's opinion of the item, see `opinionOf`. Pairs without
 * opinions are of the default types, and ratings are positive from `positiveFrom` on. Pairs without types are positives
 * if their labels are above 0.
 */
export function supportOpinions({ labels, types, opinions }: SupportSet, positiveFrom: number): Float32Array {
  if (opinions) return opinions;
  if (!types) return labels.map((label) => Number(label > 0));
  const declared = new InteractionTypes().withRatingsFrom(positiveFrom);
  return labels.map((label, pair) => declared.opinionOf(types[pair] as number, label) ?? 0);
}

/** Returns rows of embeddings, `[room, width]`. Rows of zeros fill up `room`. */
export function rowsOf(
  { width, data }: Embeddings,
  [start, end]: readonly [start: number, end: number],
  room = end - start,
): HostTensor {
  const rows = data.subarray(start * width, end * width);
  if (room === end - start) return floatTensor([room, width], rows);
  const padded = new Float32Array(room * width);
  padded.set(rows);
  return floatTensor([room, width], padded);
}

function repeated({ width, data }: Embeddings, rows: number): HostTensor {
  const copies = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) copies.set(data, row * width);
  return floatTensor([rows, width], copies);
}
