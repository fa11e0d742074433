/** Means and deviations over fewer tasks are not meaningful. */
const minTasks = 5;

/**
 * Returns the distance of a task's numbers from their means over a sample of tasks: the root mean square over the
 * numbers, each in standard deviations over the tasks. 1 is typical. Numbers that are equal in all tasks do not count.
 * Returns `null` for fewer than five tasks, or if all numbers are equal in all tasks.
 */
export function distanceFromAverage(numbers: ArrayLike<number>, sample: readonly ArrayLike<number>[]): number | null {
  if (sample.length < minTasks) return null;
  let [sum, counted] = [0, 0];
  for (let index = 0; index < numbers.length; index++) {
    const values = sample.map((other) => other[index] as number);
    const { mean, deviation } = momentsOf(values);
    // Differences as small as rounding errors do not count.
    if (deviation <= 1e-6 * Math.abs(mean) || deviation === 0) continue;
    sum += (((numbers[index] as number) - mean) / deviation) ** 2;
    counted += 1;
  }
  return counted === 0 ? null : Math.sqrt(sum / counted);
}

function momentsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}
