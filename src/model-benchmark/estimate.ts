export interface Estimate {
  readonly mean: number;
  /** Half of the 95 % interval, 1.96 · s / √n with the sample's deviation s; `null` where one value says nothing of it. */
  readonly ci95: number | null;
}

/** The mean of some independent measurements, with its interval (as in the paper's appendix 7.1). */
export function estimate(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, ci95: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, ci95: 1.96 * Math.sqrt(variance / values.length) };
}
