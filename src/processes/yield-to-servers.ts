import { constants, setPriority } from 'node:os';

/**
 * Lets servers on the same machine have the processor before this process does. Call it after the database is open: an
 * embedded PostgreSQL that this process starts serves all processes, and would have the same priority. On Linux, it is
 * the priority of the calling thread and of those that it starts later.
 */
export function yieldToServers(): void {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}
