export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function variance(values: readonly number[]): number {
  const center = mean(values);
  return mean(values.map((value) => (value - center) ** 2));
}

/** Returns Pearson's correlation of `a` and `b`. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const [centerA, centerB] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, index) => (value - centerA) * ((b[index] as number) - centerB)));
  return covariance / Math.sqrt(variance(a) * variance(b));
}

/** Returns the values grouped by key. Keys are in the order of their first value. */
export function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
