import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Interactions } from '../../src/factors/interactions.ts';

/** Interactions drawn uniformly, with values 1 to 4; the same pair may come several times. */
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
 * Users and items in `blocks` groups, user u in group u mod blocks and so the items: a user interacts with each item of
 * the own group with chance `inside`, and with each other item with chance `outside`.
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
