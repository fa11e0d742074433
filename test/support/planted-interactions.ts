import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Interactions } from '../../src/factors/interactions.ts';

/** Draws interactions uniformly, with values 1 to 4. A pair may occur several times. */
export function randomInteractions(
  users: number,
  items: number,
  count: number,
  seed = 1,
): Interactions & { readonly values: Float32Array } {
  const random = xoroshiro128plus(seed);
  const draw = (limit: number) => Int32Array.from({ length: count }, () => uniformInt(random, 0, limit - 1));
  const [userRows, itemRows] = [draw(users), draw(items)];
  const values = Float32Array.from({ length: count }, () => uniformInt(random, 1, 4));
  return { users, items, userRows, itemRows, values };
}

/**
 * Draws interactions of users and items in `blocks` groups; user u and item i are in groups u mod blocks and i mod
 * blocks. A user interacts with an item of the same group with probability `inside`, with others with `outside`.
 */
export function blockInteractions(
  users: number,
  items: number,
  { blocks, inside, outside, seed = 1 }: { blocks: number; inside: number; outside: number; seed?: number },
): Interactions {
  const random = xoroshiro128plus(seed);
  const pairs: [number, number][] = [];
  for (let user = 0; user < users; user++) {
    for (let item = 0; item < items; item++) {
      const chance = user % blocks === item % blocks ? inside : outside;
      if (uniformInt(random, 0, 999_999) < chance * 1e6) pairs.push([user, item]);
    }
  }
  return {
    users,
    items,
    userRows: Int32Array.from(pairs, ([user]) => user),
    itemRows: Int32Array.from(pairs, ([, item]) => item),
  };
}
