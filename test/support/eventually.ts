import { setTimeout } from 'node:timers/promises';

/** Looks every few milliseconds until `look` gives something, and gives that; throws, with what it saw last, when it takes too long. */
export async function eventually<T>(
  look: () => Promise<T | undefined | null | false>,
  {
    within = 15_000,
    every = 25,
    describe,
  }: { within?: number; every?: number; describe?: () => Promise<unknown> } = {},
): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) {
      const state = describe ? `; at last: ${JSON.stringify(await describe())}` : '';
      throw new Error(`it did not come about within ${within} ms${state}`);
    }
    await setTimeout(every);
  }
}
