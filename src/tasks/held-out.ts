import { hashPair, hashTexts } from './hashing.ts';
import { type Random, shuffle } from './random.ts';
import { type Interactions, type Task, type TrainingData, userOf } from './training-data.ts';

/** With fewer tasks none is held out: one task is no measurement, and training needs it. */
const minTasks = 5;
/** At most this share is held out. The hashes of few tasks can all be small, and training needs the rest. */
const maxShare = 0.25;
/** Never change this seed: other hashes would hold out tasks that the active version was trained on. */
const seed = 0x5eed;

/**
 * Returns the indices of the held-out tasks, which are used only for measurement: the tasks whose external IDs hash
 * below `share`. They are in the order of their hashes, so the first ones are a random sample. The choice depends on
 * the ID alone. It is therefore the same in every training run, whatever was added in between, and no version was
 * trained on a held-out task.
 *
 * There are two exceptions for few tasks. If no hash is below the share, the task with the smallest hash is held out.
 * If too many are below it, those with the largest hashes are used for training. Only in these cases can a task be held
 * out now and be used for training later.
 */
export async function drawHeldOut(ids: readonly string[], share: number): Promise<Int32Array> {
  if (ids.length < minTasks) return new Int32Array();
  const hashes = await hashTexts(ids, seed);
  const byHash = (a: number, b: number) => (hashes[a] as number) - (hashes[b] as number);
  const below = [...hashes.keys()].filter((index) => (hashes[index] as number) < share * 2 ** 32);
  const smallest = below.length > 0 ? below.sort(byHash) : [...hashes.keys()].sort(byHash).slice(0, 1);
  return Int32Array.from(smallest.slice(0, Math.floor(ids.length * maxShare)));
}

/** Indices into the tasks of the training data. */
export interface TaskSplit {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Splits the tasks at random into training tasks and a share of validation tasks. Tasks with fewer than `minimumPairs`
 * pairs are in neither part.
 */
export function splitTasks(
  data: Pick<TrainingData, 'tasks'>,
  { minimumPairs, validationShare }: { minimumPairs: number; validationShare: number },
  random: Random,
): TaskSplit {
  const eligible = Int32Array.from(
    [...data.tasks.keys()].filter((task) => (data.tasks[task]?.items.length ?? 0) >= minimumPairs),
  );
  shuffle(eligible, random);
  const validating = Math.round(eligible.length * validationShare);
  return { training: eligible.slice(validating), validation: eligible.slice(0, validating) };
}

/**
 * Returns whether a pair is held out of pre-training. The factors of a pair that they were made from are close because
 * the pair happened, so query pairs must be new to the factors.
 */
export type HoldOut = (user: number, item: number) => boolean;

/** Holds out a random `share` of all pairs. A pair's hash decides, so all its occurrences agree. `seed` is an int32. */
export function holdOut(share: number, seed: number): HoldOut {
  const bound = share * 2 ** 32;
  return (user, item) => hashPair(user, item, seed) < bound;
}

/** Returns the interactions that pre-training may use. */
export function withoutHeldOut({ users, items, unknown }: Interactions, isHeldOut: HoldOut): Interactions {
  const kept = [...users.keys()].filter((pair) => !isHeldOut(users[pair] as number, items[pair] as number));
  return {
    users: Int32Array.from(kept, (pair) => users[pair] as number),
    items: Int32Array.from(kept, (pair) => items[pair] as number),
    ...(unknown && { unknown }),
  };
}

/** Returns the task with marks of its held-out pairs. */
export function markHeldOut(task: Task, isHeldOut: HoldOut): Task {
  const heldOut = Uint8Array.from(task.items, (item, pair) => (isHeldOut(userOf(task, pair), item) ? 1 : 0));
  return { ...task, heldOut };
}
