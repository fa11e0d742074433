import { enableProdMode, setBackend } from '@tensorflow/tfjs-core';
import { WarmstartError } from '../../common/errors.ts';
import type { Engine, EngineName } from '../engine.ts';
import { registerCpuKernels, registerWasmKernels } from './backend-kernels.ts';
import { eagerEngine } from './eager-engine.ts';

export type EagerEngineName = Exclude<EngineName, 'onnx'>;

/**
 * Opens an engine that runs on a tfjs backend. Throws ENGINE_NOT_AVAILABLE, naming the command that installs it, when its backend cannot
 * be loaded.
 */
export async function openEagerEngine(name: EagerEngineName): Promise<Engine> {
  const { tfjsBackend, rowsPerRun, load, install } = backends[name];
  // Keeps tfjs from advising on the console to install other backends.
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
   * Measured with CMML-FiLM at its default widths, of which a run of this many candidates takes less than
   * 20 ms. The native backends hold the loop too, but not for as long.
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
 * The WebAssembly module takes over the process's uncaught exceptions and unhandled rejections when it is
 * initialized; what a process does about those is not a library's to decide.
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

/** The compiler need not find what is seldom installed. */
function importOptional(packageName: string): Promise<unknown> {
  return import(packageName);
}
