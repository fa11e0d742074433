import { factorize } from '../../src/factors/factorize.ts';

/**
 * Factorizes random interactions of 138,000 users and 27,000 items for one iteration, and prints the process's peak
 * resident memory in MB. Arguments: the number of interactions and the number of factors.
 */
const [count, factors] = process.argv.slice(2).map(Number) as [number, number];
const [users, items] = [138_000, 27_000];
const userRows = new Int32Array(count);
const itemRows = new Int32Array(count);
let state = 1;
for (let at = 0; at < count; at++) {
  userRows[at] = Math.floor(users * nextRandom() ** 2);
  itemRows[at] = Math.floor(items * nextRandom() ** 3);
}
await factorize({ interactions: { users, items, userRows, itemRows }, options: { factors, iterations: 1 } });
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);

/** A linear congruential generator: fast, and good enough to spread rows. */
function nextRandom(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
