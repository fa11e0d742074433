import { parentPort } from 'node:worker_threads';
import { type ProjectionMethod, project } from './projection.ts';

/** What the thread is started with. */
export interface ProjectionRequest {
  readonly method: ProjectionMethod;
  readonly rows: readonly number[][];
}

/** The thread of `projectContexts`: one request, one answer. What goes wrong ends it. */
parentPort?.once('message', ({ method, rows }: ProjectionRequest) => {
  parentPort?.postMessage(project(method, rows));
});
