/** With fewer, means and deviations over tasks say little. */
const minTasks = 5;

/**
 * How far the numbers of a task lie from their means over a sample of tasks, by root of the mean square over the numbers, in
 * standard deviations over the tasks: 1 is ordinary. Numbers that are the same for all tasks do not count. `null` with
 * fewer than five tasks, or when all numbers are the same for all.
 */
export function distanceFromAverage(
  numbers: ArrayLike<number>,
  sample: readonly ArrayLike<number>[],
): number | null {
  if (sample.length < minTasks) return null;
  let [sum, counted] = [0, 0];
  for (let index = 0; index < numbers.length; index++) {
    const values = sample.map((other) => other[index] as number);
    const { mean, deviation } = momentsOf(values);
    // What differs by rounding alone is the same.
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
