import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { WarmstartError } from '../common/errors.ts';
import type { HostTensors } from '../engine/engine.ts';
import { floatTensor, sizeOf } from '../engine/host-tensor.ts';
import { normalSource } from './normal-source.ts';

/**
 * A parameter's shape, and the normal distribution of its initial values. With deviation 0, all values are the mean.
 */
export interface ParameterDeclaration {
  readonly shape: readonly number[];
  readonly mean: number;
  /** One deviation for all values, or one for each index of the first axis. */
  readonly deviation: number | readonly number[];
}
export type ParameterDeclarations = Readonly<Record<string, ParameterDeclaration>>;

/** Returns the initial values of all parameters. The same declarations and seed (an int32) give the same values. */
export function initialize(declarations: ParameterDeclarations, seed: number): HostTensors {
  const normal = normalSource(xoroshiro128plus(seed));
  return Object.fromEntries(
    Object.entries(declarations).map(([name, { shape, mean, deviation }]) => {
      const data = new Float32Array(sizeOf(shape)).fill(mean);
      const rowSize = sizeOf(shape.slice(1));
      if (deviation !== 0) {
        for (const index of data.keys()) {
          const scale = typeof deviation === 'number' ? deviation : deviation[Math.floor(index / rowSize)];
          data[index] = mean + (scale as number) * normal();
        }
      }
      return [name, floatTensor(shape, data)];
    }),
  );
}

/**
 * Checks that parameters, such as those of a stored artifact, match the declarations. Throws INVALID_DATA if a
 * parameter is missing, unknown or of another shape. The message names the parameter.
 */
export function checkParameters(declarations: ParameterDeclarations, parameters: HostTensors): void {
  for (const [name, { shape }] of Object.entries(declarations)) {
    const found = parameters[name];
    const got = found && `${found.dtype} [${found.shape}] of ${found.data.length} numbers`;
    const expected = `float32 [${shape}] of ${sizeOf(shape)} numbers`;
    if (got !== expected) throw mismatch(`parameter "${name}" to be ${expected}, got ${got ?? 'none'}`);
  }
  for (const name of Object.keys(parameters)) {
    if (!declarations[name]) throw mismatch(`no parameter "${name}"`);
  }
}

function mismatch(expectation: string): WarmstartError {
  return new WarmstartError(
    'INVALID_DATA',
    `Expected ${expectation}; the artifact does not match its own configuration and schema. Train the model again.`,
  );
}
