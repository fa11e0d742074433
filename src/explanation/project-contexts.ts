import { runInThread } from '../common/run-in-thread.ts';
import type { ProjectionRequest } from './project-worker.ts';
import type { Projection } from './projection.ts';

/**
 * Projects like `project`, in a thread of its own, so that only the thread loads the libraries and does the work.
 * Throws an Error with the cause when the thread dies.
 */
export function projectContexts(request: ProjectionRequest): Promise<Projection> {
  return runInThread(new URL('./project-worker', import.meta.url), request, { work: 'projection' });
}
