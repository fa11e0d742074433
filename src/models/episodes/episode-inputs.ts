import type { Signature } from '../../engine/engine.ts';

/** How many tasks a batch has, and for how many support and query pairs of each it has room. */
export interface BatchSize {
  readonly tasks: number;
  readonly support: number;
  readonly query: number;
  /** Whether users are a row a pair, `[tasks, support]` or `[tasks, query]`, instead of a row a task, `[tasks]`. */
  readonly userPerPair: boolean;
}

/**
 * The inputs of one batch: users and items are rows of `embeddingConstants`; masks are 1 for a pair and 0 for
 * padding. A task without query pairs is padding as a whole.
 */
export function episodeInputs({ tasks, support, query, userPerPair }: BatchSize): Signature {
  const pairs = (part: string, places: number): Signature => {
    const shape = [tasks, places];
    return {
      [`${part}Users`]: { dtype: 'int32', shape: userPerPair ? shape : [tasks] },
      [`${part}Items`]: { dtype: 'int32', shape },
      [`${part}Labels`]: { dtype: 'float32', shape },
      [`${part}Mask`]: { dtype: 'float32', shape },
    };
  };
  return { ...pairs('support', support), ...pairs('query', query) };
}
