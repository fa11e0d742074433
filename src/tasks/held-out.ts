import { hashPair, hashTexts } from './hashing.ts';
import { type Random, shuffle } from './random.ts';
import { type Interactions, type Task, type TrainingData, userOf } from './training-data.ts';

/** Of fewer tasks none is held out: one task would be no measurement, and a training misses it. */
const minTasks = 5;
/** Of few tasks hashes can hold out nearly all; a training keeps at least the others. */
const maxShare = 0.25;
/** Never to be changed: other hashes would hold out tasks that trained the active version. */
const seed = 0x5eed;

/**
 * Which tasks only measure, as indices: those whose client ids hash below `share`, by their hashes, so that the first ones are a
 * random sample. Nothing else has a say, so that they are the same in every training, whatever was added meanwhile, and
 * no version was trained on them.
 *
 * Where no hash is below, the task with the smallest is held out, and where too many are, those with the largest are
 * not: of few tasks alone can one be held out now and train later.
 */
export async function drawHeldOut(ids: readonly string[], share: number): Promise<Int32Array> {
  if (ids.length < minTasks) return new Int32Array();
  const hashes = await hashTexts(ids, seed);
  const byHash = (a: number, b: number) => (hashes[a] as number) - (hashes[b] as number);
  const below = [...hashes.keys()].filter((index) => (hashes[index] as number) < share * 2 ** 32);
  const smallest = below.length > 0 ? below.sort(byHash) : [...hashes.keys()].sort(byHash).slice(0, 1);
  return Int32Array.from(smallest.slice(0, Math.floor(ids.length * maxShare)));
}

/** Tasks, as indices into the tasks of the training data. */
export interface TaskSplit {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Sets a random share of the tasks aside for validation, so that tasks never trained on validate. Tasks with
 * fewer than `minimumPairs` pairs are in neither part.
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
