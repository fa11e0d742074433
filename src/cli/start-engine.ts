import type { Config } from '../config.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/engines.ts';

/** Opens the engine that the operator chose. Reports on standard error which engines were not available, and why. */
export function startEngine({ engine, engineProvider, engineThreads }: Config): Promise<Engine> {
  const log = (message: string) => process.stderr.write(`${message}\n`);
  return openEngine(engine, { provider: engineProvider, threads: engineThreads, log });
}
