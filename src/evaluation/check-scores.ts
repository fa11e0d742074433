import { WarmstartError } from '../common/errors.ts';

/** Throws INVALID_DATA when a score is not finite, which has no place in an order. */
export function checkScores(scores: Float32Array): Float32Array {
  const wrong = scores.find((score) => !Number.isFinite(score));
  if (wrong === undefined) return scores;
  throw new WarmstartError(
    'INVALID_DATA',
    `Expected finite scores, got ${wrong}: the model is of no use; train it again, at a lower learning rate.`,
  );
}
