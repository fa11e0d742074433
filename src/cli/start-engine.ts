import type { Config } from '../config.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/engines.ts';

/** The engine that the operator chose; what it passed over, and why, goes to standard error. */
export function startEngine({ engine, engineProvider, engineThreads }: Config): Promise<Engine> {
  const log = (message: string) => process.stderr.write(`${message}\n`);
  return openEngine(engine, { provider: engineProvider, threads: engineThreads, log });
}
