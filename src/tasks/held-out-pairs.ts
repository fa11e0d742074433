import { hashPair } from './hash-pair.ts';
import { type Interactions, type Task, userOf } from './training-data.ts';

/**
 * Whether a pair is one of the random `share` of all pairs that are kept from pre-training. What is predicted must be
 * new to factors, too: those of a pair that they were made from are close because it happened.
 */
export type HoldOut = (user: number, item: number) => boolean;

/** Decides by a hash of the pair, so that every occurrence of it is held out or none. `seed` is an int32. */
export function holdOut(share: number, seed: number): HoldOut {
  const bound = share * 2 ** 32;
  return (user, item) => hashPair(user, item, seed) < bound;
}

/** The interactions that pre-training may see. */
export function withoutHeldOut({ users, items, unknown }: Interactions, isHeldOut: HoldOut): Interactions {
  const kept = [...users.keys()].filter((pair) => !isHeldOut(users[pair] as number, items[pair] as number));
  return {
    users: Int32Array.from(kept, (pair) => users[pair] as number),
    items: Int32Array.from(kept, (pair) => items[pair] as number),
    ...(unknown && { unknown }),
  };
}

/** The same task, knowing which of its pairs are held out. */
export function markHeldOut(task: Task, isHeldOut: HoldOut): Task {
  const heldOut = Uint8Array.from(task.items, (item, pair) => (isHeldOut(userOf(task, pair), item) ? 1 : 0));
  return { ...task, heldOut };
}
