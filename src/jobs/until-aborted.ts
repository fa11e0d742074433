import type { Recommender } from '../models/recommender.ts';

/** Settles as `work` does, or, once the signal is aborted, at once with its reason; nobody hears of the rest of `work` then. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The same recommender, which throws the signal's reason instead of computing once it is aborted. */
export function abortableRecommender(recommender: Recommender, signal: AbortSignal): Recommender {
  return new Proxy(recommender, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name !== 'dispose') signal.throwIfAborted();
        return Reflect.apply(value, target, args);
      };
    },
  });
}
