import type { HostTensor, HostTensors } from '../engine/engine.ts';
import { floatTensor } from '../engine/host-tensor.ts';
import type { Embeddings, SupportSet } from './recommender.ts';

/**
 * Some pairs of a support set, from `start` to before `end`, as inputs of `foldFunction`. Where there is room for
 * more, masked pairs of zeros fill it up.
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

/** Throws a TypeError unless there is a label for each item, and a user for each or one for all. */
export function checkSupportSet({ users, items, labels }: SupportSet): void {
  if (labels.length === items.rows && (users.rows === 1 || users.rows === items.rows)) return;
  throw new TypeError(
    `Expected a label for each of ${items.rows} items, and a user for each or one for all, ` +
      `got ${labels.length} labels and ${users.rows} users.`,
  );
}

/** Rows of embeddings, `[room, width]`, with rows of zeros where there is room for more. */
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
