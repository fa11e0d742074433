import { openWorker } from '../common/open-worker.ts';
import type { ProjectionRequest } from './project-worker.ts';
import type { Projection } from './projection.ts';

/** Projects as `project` does, in a thread of its own. Throws an Error with the cause when the thread dies. */
export async function projectContexts(request: ProjectionRequest): Promise<Projection> {
  const worker = openWorker(new URL('./project-worker', import.meta.url));
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', resolve);
      worker.on('error', (cause) => reject(new Error(`The projection failed: ${cause.message}`, { cause })));
      worker.on('exit', (code) => reject(new Error(`The projection's thread ended early, code ${code}.`)));
      worker.postMessage(request);
    });
  } finally {
    await worker.terminate();
  }
}
