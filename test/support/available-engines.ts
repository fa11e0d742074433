import { WarmstartError } from '../../src/common/errors.ts';
import { type Engine, type EngineName, engineNames } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/engines.ts';

/** The engines that can run on this machine. */
export const availableEngines: readonly { readonly name: EngineName; readonly engine: Engine }[] = [];
/** The engines that cannot run, with the reason. Test suites report them as skipped. */
export const missingEngines: readonly { readonly name: EngineName; readonly reason: string }[] = [];

for (const name of engineNames) {
  try {
    (availableEngines as { name: EngineName; engine: Engine }[]).push({
      name,
      engine: await openEngine(name),
    });
  } catch (error) {
    if (!(error instanceof WarmstartError) || error.code !== 'ENGINE_NOT_AVAILABLE') throw error;
    (missingEngines as { name: EngineName; reason: string }[]).push({ name, reason: error.message });
  }
}
