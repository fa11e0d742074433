import { serveThread } from '../common/run-in-thread.ts';
import { type ProjectionMethod, project } from './projection.ts';

/** The request that `projectContexts` sends to its thread. */
export interface ProjectionRequest {
  readonly method: ProjectionMethod;
  readonly rows: readonly number[][];
}

serveThread(({ method, rows }: ProjectionRequest) => project(method, rows));
