import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { WarmstartError } from '../common/errors.ts';
import type { HostTensors } from '../engine/engine.ts';
import { floatTensor, sizeOf } from '../engine/host-tensor.ts';

/** A parameter's shape, and the normal distribution its first values are drawn from (deviation 0: constant). */
export interface ParameterDeclaration {
  readonly shape: readonly number[];
  readonly mean: number;
  /** One for all values, or one for each row, that is for each index of the first axis. */
  readonly deviation: number | readonly number[];
}
export type ParameterDeclarations = Readonly<Record<string, ParameterDeclaration>>;

/** First values of all parameters; the same for the same declarations and seed (an int32). */
export function initialise(declarations: ParameterDeclarations, seed: number): HostTensors {
  const normal = normalSource(seed);
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
 * Makes sure that parameters, such as those of a stored artifact, are the declared ones. Throws INVALID_DATA
 * that names the parameter which is missing, unknown or of another shape.
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
    `Expected ${expectation}; the artifact does not belong to its own configuration and schema. Train it again.`,
  );
}

/** Standard normal numbers by the Box–Muller transform, which makes them in pairs. */
function normalSource(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  let spare: number | undefined;
  return () => {
    const ready = spare;
    spare = undefined;
    if (ready !== undefined) return ready;
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
    const angle = 2 * Math.PI * uniformFloat64(random);
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
