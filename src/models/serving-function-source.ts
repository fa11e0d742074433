import type { FunctionSource, HostTensor, HostTensors } from '../engine/engine.ts';
import { runInChunks } from './in-chunks.ts';
import type { ModelArtifact } from './recommender.ts';

/** What determines a serving function. */
export interface ServingFunctionRequest {
  readonly artifact: ModelArtifact;
  readonly role: string;
}

/** Copying this many numbers takes about 1 ms. */
const numbersPerCopy = 1_000_000;

/** Returns how a thread makes the function of a model that has this role. */
export function sourceOf(artifact: ModelArtifact, role: string): FunctionSource {
  return {
    module: new URL('./define-serving-function', import.meta.url),
    async argument(): Promise<ServingFunctionRequest> {
      return { artifact: { ...artifact, parameters: await sharedCopy(artifact.parameters) }, role };
    },
  };
}

/** Returns a copy in memory that threads share. Between its chunks the event loop handles other requests. */
async function sharedCopy(tensors: HostTensors): Promise<HostTensors> {
  const copies: [string, HostTensor][] = [];
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const memory = new SharedArrayBuffer(data.byteLength);
    const copy = dtype === 'int32' ? new Int32Array(memory) : new Float32Array(memory);
    await runInChunks(data.length, numbersPerCopy, async (start, end) => copy.set(data.subarray(start, end), start));
    copies.push([name, { dtype, shape, data: copy }]);
  }
  return Object.fromEntries(copies);
}
