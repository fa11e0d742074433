import { createRequire } from 'node:module';
import { engine as tfjsEngine } from '@tensorflow/tfjs-core';
import { WarmstartError } from '../common/errors.ts';
import { openEagerEngine } from './eager/eager-backends.ts';
import type { Engine, EngineChoice, EngineName } from './engine.ts';
import type { SessionOptions } from './running/session.ts';

/** `provider` and `threads` apply to the `onnx` engine only. */
export type EngineOptions = SessionOptions;

/**
 * Opens an engine. `auto` opens `node-gpu` if it is installed and finds a GPU, otherwise `onnx`, otherwise `wasm`, and
 * logs why it skips an engine. Throws ENGINE_NOT_AVAILABLE with the install command if the requested engine cannot be
 * loaded.
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

/** Imports ONNX Runtime on demand: the library is large and does not support every platform. */
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

/** tfjs-node-gpu silently runs on the CPU if CUDA does not start. Only this property shows it. */
function usesGpu(): boolean {
  return (tfjsEngine().backend as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}
