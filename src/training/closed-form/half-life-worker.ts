import { serveThread } from '../../common/run-in-thread.ts';
import { solveSymmetric } from '../../factors/solve-symmetric.ts';
import { addRow, dotRow } from '../../factors/vector-arithmetic.ts';
import { agedOpinions } from '../../features/ages.ts';
import { latestOpinions } from '../../features/opinions.ts';

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

/** A history with its earlier part shown. Items are ID rows. */
export interface SplitHistory {
  readonly items: Int32Array;
  readonly opinions: Float32Array;
  readonly ages: Float32Array;
  readonly targets: Int32Array;
}

export interface HalfLifeRequest {
  readonly histories: readonly SplitHistory[];
  readonly foldIn: FoldIn;
}

/** The half-lives in days that are compared with counting all interactions alike. */
const halfLives = [365, 120, 30, 10, 3, 1, 0.25];
/** Items that compete, about evenly spaced ones of all. */
const maxItems = 5000;
/** A half-life must be better by this number of standard errors of the mean difference. */
const standardErrors = 3;
/** And by this share of the gain of counting all alike: smaller differences can be those of this measure alone. */
const smallestGain = 0.02;

/**
 * Returns the half-life with which the head ranks what is to be found best; `Infinity` if none is clearly better than
 * counting all interactions alike. With several half-lives to choose from, two standard errors would often be chance.
 */
export function bestHalfLife({ histories, foldIn }: HalfLifeRequest): number {
  const candidates = someItems(foldIn.factors.length / foldIn.width - 1);
  const gainsWith = (halfLife: number) =>
    histories.map((history) => gainOf(history, factorsOf(history, halfLife, foldIn), candidates, foldIn));
  const alike = gainsWith(Infinity);
  let best = { halfLife: Infinity, gain: smallestGain * meanOf(alike).mean };
  for (const halfLife of halfLives) {
    const differences = gainsWith(halfLife).map((gain, at) => gain - (alike[at] as number));
    const { mean, error } = meanOf(differences);
    if (mean > standardErrors * error && mean > best.gain) best = { halfLife, gain: mean };
  }
  return best.halfLife;
}

/** Returns the mean, and its standard error: infinite for a single value, which says nothing. */
function meanOf(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
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

/**
 * Returns the mean of `1 / log₂(1 + rank)` over the targets, each ranked among the candidates that are not shown. Half of
 * the candidates with the same score come before it.
 */
function gainOf(
  { items, targets }: SplitHistory,
  user: Float64Array,
  candidates: Int32Array,
  { factors, width }: FoldIn,
): number {
  const score = (id: number) => dotRow(user, factors, id * width, width);
  const left = new Set([...items, ...targets]);
  const scores = Float64Array.from(
    candidates.filter((id) => !left.has(id)),
    score,
  );
  let gain = 0;
  for (const target of targets) {
    const own = score(target);
    let rank = 1;
    for (let at = 0; at < scores.length; at++) rank += scores[at]! > own ? 1 : scores[at]! === own ? 0.5 : 0;
    gain += 1 / Math.log2(1 + rank);
  }
  return gain / targets.length;
}

/** Returns the ID rows of some of the known items, which are those after row 0. */
function someItems(known: number): Int32Array {
  const count = Math.min(known, maxItems);
  return Int32Array.from({ length: count }, (_, at) => 1 + Math.floor((at * known) / count));
}

serveThread(bestHalfLife);
