import { z } from 'zod';
import { WarmstartError } from '../common/errors.ts';
import { sizeOf } from '../engine/host-tensor.ts';
import type { ParameterDeclarations } from './parameter-declarations.ts';

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

export interface ParameterBound {
  readonly most: number;
  /** What is counted, as a message has it. */
  readonly counted: string;
}

/**
 * Of each, a training holds about twelve copies of 4 bytes, as measured: itself and Adam's two moments, which a step reads, as many that it
 * writes, where it started or the best so far, its gradient, and what is computed on the way to these. That is 5 GB, without what
 * grows with the batch.
 */
export const trainedParameters: ParameterBound = { most: 100_000_000, counted: 'trained parameters' };
/** Of 4 bytes each: what one value of PostgreSQL holds, less than 1 GiB. */
export const storedParameters: ParameterBound = { most: 250_000_000, counted: 'parameters, factors and all' };

/**
 * Throws INVALID_CONFIGURATION where a configuration declares more parameters than it may; the error's field is the size that
 * adds most of them. `declare` is asked with changed sizes, too.
 */
export function checkParameterCount<Config extends object>(
  config: Config,
  declare: (config: Config) => ParameterDeclarations,
  { most, counted }: ParameterBound,
): void {
  const declared = declare(config);
  const count = countParameters(declared);
  if (count <= most) return;
  const without = Object.keys(config).map((name) => ({
    name,
    count: countParameters(declare({ ...config, [name]: smallest(config[name as keyof Config]) })),
  }));
  const { name, count: rest } = without.reduce((least, next) => (next.count < least.count ? next : least));
  const [largest, { shape }] = Object.entries(declared).reduce((a, b) => (of(b) > of(a) ? b : a));
  const message =
    `${name}: expected a model of at most ${digits(most)} ${counted}, got at least ${digits(count)}, ${digits(count - rest)} of them ` +
    `for this size (the largest is "${largest}" of [${shape.join(', ')}]); lower it`;
  throw new WarmstartError('INVALID_CONFIGURATION', message, { field: [name] });
}

function countParameters(declarations: ParameterDeclarations): number {
  return Object.entries(declarations).reduce((sum, declaration) => sum + of(declaration), 0);
}

function of([, { shape }]: [string, { readonly shape: readonly number[] }]): number {
  return sizeOf(shape);
}

/** The same with 1 for each larger number in it, and as many layers. */
function smallest(value: unknown): unknown {
  if (typeof value === 'number') return Math.min(value, 1);
  if (Array.isArray(value)) return value.map(smallest);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, smallest(inner)]));
}

function digits(count: number): string {
  return count.toLocaleString('en');
}
