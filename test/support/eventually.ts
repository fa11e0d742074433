import { setTimeout } from 'node:timers/promises';

/**
 * Calls `check` every few milliseconds until it returns a truthy value, and returns that value. Throws with the state
 * that `describe` reports if the time limit passes first.
 */
export async function eventually<T>(
  check: () => Promise<T | undefined | null | false>,
  {
    within = 15_000,
    every = 25,
    describe,
  }: { within?: number; every?: number; describe?: () => Promise<unknown> } = {},
): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > end) {
      const state = describe ? `; last state: ${JSON.stringify(await describe())}` : '';
      throw new Error(`the condition was not met within ${within} ms${state}`);
    }
    await setTimeout(every);
  }
}
