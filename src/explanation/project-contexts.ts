import { runInThread } from '../common/run-in-thread.ts';
import type { ProjectionRequest } from './project-worker.ts';
import type { Projection } from './projection.ts';

/** Projects as `project` does, in a thread of its own. Throws an Error with the cause when the thread dies. */
export function projectContexts(request: ProjectionRequest): Promise<Projection> {
  return runInThread(new URL('./project-worker', import.meta.url), request, { work: 'projection' });
}
