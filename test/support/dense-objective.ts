import type { UserAndItemFactors } from '../../src/factors/alternating-least-squares.ts';
import type { Interactions } from '../../src/factors/interactions.ts';

/** The objective of Hu, Koren and Volinsky 2008, eq. 3, summed pair by pair. Unknown pairs are left out. */
export function denseObjective(
  { userRows, itemRows, values, unknown }: Interactions,
  { users, items }: UserAndItemFactors,
  alpha: number,
  regularization: number,
): number {
  const sums = new Map<string, number>();
  for (const [at, user] of userRows.entries()) {
    const pair = `${user} ${itemRows[at]}`;
    sums.set(pair, (sums.get(pair) ?? 0) + (values?.[at] ?? 1));
  }
  let sum = 0;
  for (const { data } of [users, items]) for (const value of data) sum += regularization * value ** 2;
  for (let user = 0; user < users.rows; user++) {
    for (let item = 0; item < items.rows; item++) {
      if (unknown?.users[user] && unknown.items[item]) continue;
      const value = sums.get(`${user} ${item}`) ?? 0;
      let score = 0;
      for (let at = 0; at < users.width; at++) {
        score += users.data[user * users.width + at]! * items.data[item * users.width + at]!;
      }
      sum += (1 + alpha * value) * ((value > 0 ? 1 : 0) - score) ** 2;
    }
  }
  return sum;
}
