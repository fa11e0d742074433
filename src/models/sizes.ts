import { z } from 'zod';

/** Largest sizes that a configuration may ask for, far above those that pay: what is larger no machine trains. */
export const largest = {
  width: 4096,
  layers: 16,
  pairs: 10_000,
  heads: 64,
  modules: 64,
  steps: 10_000,
} as const;

/** Of a layer, or of an embedding. */
export const width = z.int().positive().max(largest.width);
/** Of one layer after another. */
export const widths = z.array(width).max(largest.layers);
/** Interactions of a task. */
export const pairs = z.int().positive().max(largest.pairs);
