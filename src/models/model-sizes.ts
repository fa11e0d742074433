import { z } from 'zod';
import { WarmstartError } from '../common/errors.ts';
import { sizeOf } from '../engine/host-tensor.ts';
import type { ParameterDeclarations } from './parameter-declarations.ts';

/**
 * Upper limits of the sizes in a configuration. They are far above useful sizes, but no machine can train larger ones.
 */
export const largest = {
  width: 4096,
  layers: 16,
  pairs: 10_000,
  heads: 64,
  modules: 64,
  steps: 10_000,
} as const;

/** The width of a layer or of an embedding. */
export const width = z.int().positive().max(largest.width);
/** The widths of consecutive layers. */
export const widths = z.array(width).max(largest.layers);
/** The learning rate of gradient steps on a task. The bound is far above useful rates. */
export const stepRate = z.number().positive().max(100);
/** The weight of a part of a loss beside a part whose weight is 1. */
export const lossWeight = z.number().min(0).max(1000);
/** A number of interactions of a task. */
export const pairs = z.int().positive().max(largest.pairs);

export interface ParameterBound {
  readonly max: number;
  /** The name of the counted parameters in error messages. */
  readonly counted: string;
}

/**
 * Bound of the trained parameters. Measured, training holds about twelve copies of 4 bytes of each parameter: the three
 * that a step reads (the parameter and Adam's two moments), the three that it writes, the initial or best value so far,
 * the gradient, and intermediate results. That is 5 GB, without the memory that grows with the batch.
 */
export const trainedParameters: ParameterBound = { max: 100_000_000, counted: 'trained parameters' };
/** Bound of the stored parameters, 4 bytes each. One PostgreSQL value must hold them, which is less than 1 GiB. */
export const storedParameters: ParameterBound = { max: 250_000_000, counted: 'parameters including factors' };

/**
 * Throws INVALID_CONFIGURATION if a configuration declares more parameters than the bound. The error's field is the
 * size that adds the most parameters. To find it, the function also calls `declare` with reduced sizes.
 */
export function checkParameterCount<Config extends object>(
  config: Config,
  declare: (config: Config) => ParameterDeclarations,
  { max, counted }: ParameterBound,
): void {
  const declared = declare(config);
  const count = countParameters(declared);
  if (count <= max) return;
  const without = Object.keys(config).map((name) => ({
    name,
    count: countParameters(declare({ ...config, [name]: smallest(config[name as keyof Config]) })),
  }));
  const { name, count: rest } = without.reduce((best, next) => (next.count < best.count ? next : best));
  const [largestName, { shape }] = Object.entries(declared).reduce((a, b) => (of(b) > of(a) ? b : a));
  const message =
    `${name}: expected a model of at most ${digits(max)} ${counted}, got at least ${digits(count)}, ${digits(count - rest)} of them ` +
    `for this size (the largest is "${largestName}" of [${shape.join(', ')}]); lower it`;
  throw new WarmstartError('INVALID_CONFIGURATION', message, { field: [name] });
}

function countParameters(declarations: ParameterDeclarations): number {
  return Object.entries(declarations).reduce((sum, declaration) => sum + of(declaration), 0);
}

function of([, { shape }]: [string, { readonly shape: readonly number[] }]): number {
  return sizeOf(shape);
}

/** Returns the same value with every number above 1 replaced by 1. The number of layers stays. */
function smallest(value: unknown): unknown {
  if (typeof value === 'number') return Math.min(value, 1);
  if (Array.isArray(value)) return value.map(smallest);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, smallest(inner)]));
}

function digits(count: number): string {
  return count.toLocaleString('en');
}
