import { reshape, split, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { HostTensors } from '../../engine/engine.ts';
import { type Embeddings, type SupportSet, selectEmbeddings } from '../recommender.ts';

/** The sizes of what is kept of a task: its support pairs, and what the steps on them made. */
export interface StateLayout {
  /** The number of places for support pairs. */
  readonly places: number;
  readonly userWidth: number;
  readonly itemWidth: number;
  readonly adaptedWidth: number;
}

/** The state of one task inside a function. */
export interface StateTensors {
  /** `[1, places]`. */
  readonly labels: Tensor2D;
  readonly mask: Tensor2D;
  /** `[1, places, userWidth]` and `[1, places, itemWidth]`. */
  readonly users: Tensor3D;
  readonly items: Tensor3D;
  /** `[1, adaptedWidth]`. */
  readonly adapted: Tensor2D;
}

export function stateWidth(layout: StateLayout): number {
  return sizesOf(layout).reduce((sum, size) => sum + size, 0);
}

/** Returns the state `[stateWidth]` of a task with these pairs, see `batchInputs`. */
export function packState(layout: StateLayout, kept: HostTensors, adapted: Float32Array): Float32Array {
  const state = new Float32Array(stateWidth(layout));
  const parts = [kept.labels, kept.mask, kept.users, kept.items].map((tensor) => tensor?.data as Float32Array);
  let start = 0;
  for (const part of [...parts, adapted]) {
    state.set(part, start);
    start += part.length;
  }
  return state;
}

/** Returns the parts of a state `[stateWidth]`. */
export function unpackState(layout: StateLayout, state: Tensor1D): StateTensors {
  const { places, userWidth, itemWidth, adaptedWidth } = layout;
  const [labels, mask, users, items, adapted] = split(state, sizesOf(layout)) as [
    Tensor1D,
    Tensor1D,
    Tensor1D,
    Tensor1D,
    Tensor1D,
  ];
  return {
    labels: reshape(labels, [1, places]),
    mask: reshape(mask, [1, places]),
    users: reshape(users, [1, places, userWidth]),
    items: reshape(items, [1, places, itemWidth]),
    adapted: reshape(adapted, [1, adaptedWidth]),
  };
}

/** Returns the support pairs of a state, followed by further pairs. */
export function withKeptPairs(layout: StateLayout, state: Float32Array, further: SupportSet): SupportSet {
  const { places, userWidth, itemWidth } = layout;
  const mask = state.subarray(places, 2 * places);
  const filled = [...mask.keys()].filter((place) => mask[place] === 1);
  const rows = (start: number, width: number): Embeddings =>
    selectEmbeddings({ rows: places, width, data: state.subarray(start, start + places * width) }, filled);
  const everyUser = new Int32Array(further.items.rows);
  const users = further.users.rows === 1 ? selectEmbeddings(further.users, everyUser) : further.users;
  return {
    users: joined(rows(2 * places, userWidth), users),
    items: joined(rows(2 * places + places * userWidth, itemWidth), further.items),
    labels: Float32Array.from([...filled.map((place) => state[place] as number), ...further.labels]),
  };
}

function joined(first: Embeddings, second: Embeddings): Embeddings {
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  return { rows: first.rows + second.rows, width: first.width, data };
}

function sizesOf({ places, userWidth, itemWidth, adaptedWidth }: StateLayout): number[] {
  return [places, places, places * userWidth, places * itemWidth, adaptedWidth];
}
