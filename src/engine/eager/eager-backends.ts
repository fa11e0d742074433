import { enableProdMode, setBackend } from '@tensorflow/tfjs-core';
import { WarmstartError } from '../../common/errors.ts';
import type { Engine, EngineName } from '../engine.ts';
import { registerCpuKernels, registerWasmKernels } from './backend-kernels.ts';
import { eagerEngine } from './eager-engine.ts';

export type EagerEngineName = Exclude<EngineName, 'onnx'>;

/**
 * Opens an engine that runs on a tfjs backend. Throws ENGINE_NOT_AVAILABLE with the install command if the backend
 * cannot be loaded.
 */
export async function openEagerEngine(name: EagerEngineName): Promise<Engine> {
  const { tfjsBackend, rowsPerRun, load, install } = backends[name];
  // Otherwise tfjs advises on the console to install other backends.
  enableProdMode();
  try {
    await keepingProcessListeners(async () => {
      await load();
      if (!(await setBackend(tfjsBackend))) throw new Error(`tfjs could not initialize "${tfjsBackend}".`);
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new WarmstartError(
      'ENGINE_NOT_AVAILABLE',
      `Engine "${name}" could not be loaded (${reason}); install it with \`${install}\`, or choose "wasm".`,
      { cause },
    );
  }
  return eagerEngine({ name, tfjsBackend, rowsPerRun });
}

interface Backend {
  readonly tfjsBackend: string;
  /**
   * A run of CMML-FiLM at its default widths with this many candidates took less than 20 ms. The native backends block
   * the event loop too, but for a shorter time.
   */
  readonly rowsPerRun: number;
  /** Registers the backend and its kernels with tfjs. */
  load(): Promise<unknown>;
  readonly install: string;
}

const backends: Record<EagerEngineName, Backend> = {
  wasm: {
    tfjsBackend: 'wasm',
    rowsPerRun: 256,
    load: loadWasm,
    install: 'npm install',
  },
  cpu: {
    tfjsBackend: 'cpu',
    rowsPerRun: 16,
    load: loadCpu,
    install: 'npm install',
  },
  node: {
    tfjsBackend: 'tensorflow',
    rowsPerRun: 1024,
    load: () => importOptional('@tensorflow/tfjs-node'),
    install: 'npm install @tensorflow/tfjs-node@4.22',
  },
  'node-gpu': {
    tfjsBackend: 'tensorflow',
    rowsPerRun: 8192,
    load: () => importOptional('@tensorflow/tfjs-node-gpu'),
    install: 'npm install @tensorflow/tfjs-node-gpu@4.22',
  },
};

/**
 * Removes the listeners for uncaught exceptions and unhandled rejections that the WebAssembly module adds when it
 * starts. The process must decide how to handle these, not a library.
 */
async function keepingProcessListeners(work: () => Promise<void>): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const earlier = events.map((event) => process.listeners(event as 'uncaughtException'));
  await work();
  for (const [index, event] of events.entries()) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!earlier[index]?.includes(listener)) process.removeListener(event, listener);
    }
  }
}

async function loadWasm(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm');
  registerWasmKernels();
}

async function loadCpu(): Promise<void> {
  await import('@tensorflow/tfjs-backend-cpu');
  registerCpuKernels();
}

/** Imports a package that is optional. The package name is a variable so that the compiler does not resolve it. */
function importOptional(packageName: string): Promise<unknown> {
  return import(packageName);
}
