import type { Engine, EngineName } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';

/** An engine as it is measured, and how often each of its runs is repeated: the slower ones vary less. */
export const engineVariants = [
  { engine: 'onnx', threads: 1, runs: 30 },
  { engine: 'onnx', threads: 2, runs: 30 },
  { engine: 'wasm', threads: 1, runs: 5 },
  { engine: 'cpu', threads: 1, runs: 1 },
] as const;
export type EngineVariant = (typeof engineVariants)[number];

export function openVariant({ engine, threads }: EngineVariant): Promise<Engine> {
  return openEngine(engine, { threads });
}

export function describeVariant({ engine, threads }: { engine: EngineName; threads: number }): string {
  return `${engine}, ${threads} thread${threads > 1 ? 's' : ''}`;
}
