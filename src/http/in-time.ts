import { setTimeout } from 'node:timers/promises';

/** What becomes of work, or, when it takes longer than this many milliseconds, an error that says so; the work goes on. */
export async function inTime<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = setTimeout(milliseconds, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`no answer within ${milliseconds} ms`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
  }
}
