import { setImmediate } from 'node:timers/promises';
import { runInThread } from '../../common/run-in-thread.ts';
import { agesOf } from '../../features/ages.ts';
import { opinionsOf, positivesOf } from '../../tasks/positives.ts';
import type { Task } from '../../tasks/training-data.ts';
import type { FoldIn, HalfLifeRequest, SplitHistory } from './half-life-worker.ts';

/** Histories that are measured: with fewer, chance decides, and more hardly tell half-lives apart any better. */
const minHistories = 30;
const maxHistories = 300;
/** The share of a history that is shown, the latest interactions of it. What the user likes of the rest is to be found. */
const shownShare = 0.8;
const maxShown = 200;
/** The next items that the user likes: a list is made for these, and not for what the user does much later. */
const maxTargets = 3;

export interface HalfLifeOptions {
  readonly foldIn: FoldIn;
  readonly positiveFrom: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Returns after how many days an interaction should count half in the closed-form head, so that it ranks the next items
 * of histories best, see `bestHalfLife`; 0 if all interactions should count alike, or if fewer than 30 histories have
 * times and something to find. `ids` has the ID row of each item.
 *
 * The item factors were learned from these histories too, the later part included. This favors counting all interactions
 * alike, since a history as a whole is what they were learned from. Computes in a thread. Throws the signal's reason.
 */
export async function fitHalfLife(
  tasks: readonly Task[],
  ids: ArrayLike<number>,
  { foldIn, positiveFrom, signal }: HalfLifeOptions,
): Promise<number> {
  const histories: SplitHistory[] = [];
  for (const task of evenlySpread(tasks)) {
    if (histories.length === maxHistories) break;
    const history = splitInTime(task, ids, positiveFrom);
    if (history) histories.push(history);
    await setImmediate();
  }
  if (histories.length < minHistories) return 0;
  const request: HalfLifeRequest = { histories, foldIn };
  const halfLife = await runInThread<number>(new URL('./half-life-worker', import.meta.url), request, {
    work: 'choice of a half-life',
    signal,
  });
  return Number.isFinite(halfLife) ? halfLife : 0;
}

/** Returns `undefined` for a history without times, without a like that is shown, or without anything to find. */
function splitInTime(task: Task, ids: ArrayLike<number>, positiveFrom: number): SplitHistory | undefined {
  const { times } = task;
  if (!times) return undefined;
  const itemOf = (pair: number) => ids[task.items[pair] as number] as number;
  const end = Math.floor(task.items.length * shownShare);
  const shown = [...task.items.keys()].slice(Math.max(end - maxShown, 0), end);
  const known = new Set([...task.items.keys()].slice(0, end).map(itemOf));
  const liked = positivesOf(task, positiveFrom).map(({ pair }) => itemOf(pair));
  const targets = new Set(liked.filter((item) => item > 0 && !known.has(item)).slice(0, maxTargets));
  const opinions = opinionsOf(task, positiveFrom);
  if (targets.size === 0 || !shown.some((pair) => (opinions[pair] as number) > 0)) return undefined;
  return {
    items: Int32Array.from(shown, itemOf),
    opinions: Float32Array.from(shown, (pair) => opinions[pair] as number),
    ages: agesOf(shown.map((pair) => times[pair] as number)),
    targets: Int32Array.from(targets),
  };
}

/** Yields all values, so that the first ones are spread evenly over all. */
function* evenlySpread<T>(values: readonly T[]): Generator<T> {
  const step = Math.max(Math.ceil(values.length / maxHistories), 1);
  for (let first = 0; first < step; first++) {
    for (let at = first; at < values.length; at += step) yield values[at] as T;
  }
}
