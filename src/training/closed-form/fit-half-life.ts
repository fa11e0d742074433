import { setImmediate } from 'node:timers/promises';
import { solveSymmetric } from '../../factors/solve-symmetric.ts';
import { addRow, dotRow } from '../../factors/vector-arithmetic.ts';
import { agedOpinions, agesOf } from '../../features/ages.ts';
import { latestOpinions } from '../../features/opinions.ts';
import { opinionsOf, positivesOf } from '../../tasks/positives.ts';
import type { Task } from '../../tasks/training-data.ts';

/** What the closed-form head folds a history in with, see `headParameters`. */
export interface FoldIn {
  readonly width: number;
  /** `[ID rows, width]` */
  readonly factors: Float32Array;
  /** `[width, width]` */
  readonly gram: Float32Array;
  readonly lambda: number;
  readonly unobserved: number;
}

/** The half-lives in days that are compared, the longest first. */
const halfLives = [Infinity, 365, 120, 30, 10, 3, 1, 0.25];
/** A longer half-life is chosen if it is nearly as good as the best: within this share. */
const nearlyBest = 0.995;

/** Histories and items that are measured, about evenly spaced ones of all: enough to tell the half-lives apart. */
const maxHistories = 300;
const maxItems = 5000;
/** The share of a history that is shown, the latest interactions of it. What the user likes of the rest is to be found. */
const shownShare = 0.8;
const maxShown = 200;
/** The first items to find. */
const maxTargets = 100;

/**
 * Returns after how many days an interaction should count half in the closed-form head, so that it ranks the later part
 * of histories best; 0 if all interactions should count alike, or if there are no times. `ids` has the ID row of each
 * item.
 *
 * The item factors were learned from these histories too, the later part included. This favors counting all interactions
 * alike, since a history as a whole is what they were learned from. Yields to the event loop every few milliseconds.
 */
export async function fitHalfLife(
  tasks: readonly Task[],
  ids: ArrayLike<number>,
  foldIn: FoldIn,
  positiveFrom: number,
): Promise<number> {
  const histories: SplitHistory[] = [];
  for (const task of someOf(tasks, maxHistories)) {
    const history = splitInTime(task, ids, positiveFrom);
    if (history) histories.push(history);
    await setImmediate();
  }
  if (histories.length === 0) return 0;
  const candidates = someItems(foldIn.factors.length / foldIn.width - 1);
  const gains = new Map<number, number>();
  for (const halfLife of halfLives) {
    let gain = 0;
    for (const history of histories) {
      gain += gainOf(history, factorsOf(history, halfLife, foldIn), candidates, foldIn);
      await setImmediate();
    }
    gains.set(halfLife, gain);
  }
  const best = Math.max(...gains.values());
  const chosen = halfLives.find((halfLife) => (gains.get(halfLife) as number) >= nearlyBest * best) as number;
  return Number.isFinite(chosen) ? chosen : 0;
}

/** A history with its earlier part shown. Items are ID rows. */
interface SplitHistory {
  readonly items: number[];
  readonly opinions: Float32Array;
  readonly ages: Float32Array;
  readonly targets: ReadonlySet<number>;
}

/** Returns `undefined` for a history without times, or without anything to find. */
function splitInTime(task: Task, ids: ArrayLike<number>, positiveFrom: number): SplitHistory | undefined {
  const { times } = task;
  if (!times) return undefined;
  const itemOf = (pair: number) => ids[task.items[pair] as number] as number;
  const end = Math.floor(task.items.length * shownShare);
  const shown = [...task.items.keys()].slice(Math.max(end - maxShown, 0), end);
  const known = new Set([...task.items.keys()].slice(0, end).map(itemOf));
  const liked = positivesOf(task, positiveFrom).map(({ pair }) => itemOf(pair));
  const targets = new Set(liked.filter((item) => item > 0 && !known.has(item)).slice(0, maxTargets));
  if (targets.size === 0 || shown.length === 0) return undefined;
  const opinions = opinionsOf(task, positiveFrom);
  return {
    items: shown.map(itemOf),
    opinions: Float32Array.from(shown, (pair) => opinions[pair] as number),
    ages: agesOf(shown.map((pair) => times[pair] as number)),
    targets,
  };
}

/** Returns the factors that the head gives a history, see `closed-form-head.ts`. */
function factorsOf({ items, opinions, ages }: SplitHistory, halfLife: number, foldIn: FoldIn): Float64Array {
  const { width, factors, gram, lambda, unobserved } = foldIn;
  const matrix = Float64Array.from(gram);
  const right = new Float64Array(width);
  const item = new Float64Array(width);
  let confidence = 0;
  for (const [id, { weight }] of latestOpinions(items, agedOpinions(opinions, ages, halfLife))) {
    if (id === 0 || weight === 0) continue;
    confidence += Math.abs(weight);
    for (let at = 0; at < width; at++) item[at] = factors[id * width + at] as number;
    addRow(right, weight, factors, id * width, width);
    addOuter(matrix, item, Math.abs(weight));
  }
  for (let at = 0; at < width; at++) matrix[at * (width + 1)]! += lambda * (confidence + unobserved);
  solveSymmetric(matrix, right);
  return right;
}

/** `matrix += scale · vector·vectorᵀ` in the lower triangle. */
function addOuter(matrix: Float64Array, vector: Float64Array, scale: number): void {
  const width = vector.length;
  for (let row = 0; row < width; row++) {
    const value = scale * vector[row]!;
    for (let column = 0; column <= row; column++) matrix[row * width + column]! += value * vector[column]!;
  }
}

/** Returns the mean of `1 / log₂(1 + rank)` over the targets, each ranked among the candidates that are not shown. */
function gainOf(
  { items, targets }: SplitHistory,
  user: Float64Array,
  candidates: Int32Array,
  { factors, width }: FoldIn,
): number {
  const score = (id: number) => dotRow(user, factors, id * width, width);
  const shown = new Set(items);
  const scores = new Float64Array(candidates.length);
  for (let at = 0; at < scores.length; at++)
    scores[at] = shown.has(candidates[at]!) ? -Infinity : score(candidates[at]!);
  let gain = 0;
  for (const target of targets) {
    const own = score(target);
    let rank = 1;
    for (let at = 0; at < scores.length; at++) if (scores[at]! > own) rank++;
    gain += 1 / Math.log2(1 + rank);
  }
  return gain / targets.size;
}

/** Returns the ID rows of some of the known items, which are those after row 0. */
function someItems(known: number): Int32Array {
  const count = Math.min(known, maxItems);
  return Int32Array.from({ length: count }, (_, at) => 1 + Math.floor((at * known) / count));
}

/** Returns at most `count` of the values, evenly spaced. */
function someOf<T>(values: readonly T[], count: number): readonly T[] {
  if (values.length <= count) return values;
  return Array.from({ length: count }, (_, at) => values[Math.floor((at * values.length) / count)] as T);
}
