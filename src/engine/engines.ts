import { createRequire } from 'node:module';
import { engine as tfjsEngine } from '@tensorflow/tfjs-core';
import { WarmstartError } from '../common/errors.ts';
import { openEagerEngine } from './eager/eager-backends.ts';
import type { Engine, EngineChoice, EngineName } from './engine.ts';
import type { SessionOptions } from './running/session.ts';

/** Providers and threads are the `onnx` engine's; the others choose for themselves. */
export type EngineOptions = SessionOptions;

/**
 * Opens an engine. `auto` takes `node-gpu` where it is installed and finds a GPU, else `onnx`, else `wasm`, and tells
 * `log` why it passed one over. Throws ENGINE_NOT_AVAILABLE, naming the command that installs it, when the engine asked
 * for cannot be loaded.
 */
export async function openEngine(choice: EngineChoice, options: EngineOptions = {}): Promise<Engine> {
  return choice === 'auto' ? openFastest(options) : openers[choice](options);
}

const openers: Record<EngineName, (options: EngineOptions) => Promise<Engine>> = {
  onnx: openOnnx,
  wasm: () => openEagerEngine('wasm'),
  cpu: () => openEagerEngine('cpu'),
  node: () => openEagerEngine('node'),
  'node-gpu': () => openEagerEngine('node-gpu'),
};

/** Loaded only when asked for: the library is large, and not made for every platform. */
async function openOnnx(options: EngineOptions): Promise<Engine> {
  try {
    const { onnxEngine } = await import('./running/onnx-engine.ts');
    return onnxEngine(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new WarmstartError(
      'ENGINE_NOT_AVAILABLE',
      `Engine "onnx" could not be loaded (${reason}); install it with \`npm install onnxruntime-node@1.30\`, or choose "wasm".`,
      { cause },
    );
  }
}

async function openFastest(options: EngineOptions): Promise<Engine> {
  if (isInstalled('@tensorflow/tfjs-node-gpu')) {
    const onGpu = await openEagerEngine('node-gpu').catch((error: Error) => options.log?.(error.message));
    if (onGpu !== undefined && usesGpu()) return onGpu;
    options.log?.('engine "node-gpu" is installed but finds no GPU');
  }
  return openOnnx(options).catch((error: Error) => {
    options.log?.(error.message);
    return openEagerEngine('wasm');
  });
}

function isInstalled(packageName: string): boolean {
  try {
    createRequire(import.meta.url).resolve(packageName);
    return true;
  } catch {
    return false;
  }
}

/** tfjs-node-gpu runs on the processor when CUDA does not start, and says so only here. */
function usesGpu(): boolean {
  return (tfjsEngine().backend as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}
