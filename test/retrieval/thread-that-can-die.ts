import { parentPort } from 'node:worker_threads';
import '../../src/retrieval/search-thread.ts';
import type { SearchRequest } from '../../src/retrieval/search-thread.ts';

/** A search for this number of rows ends the thread. */
export const deadlyCount = 13;

parentPort?.on('message', ({ queries }: SearchRequest) => {
  if (queries.some(({ count }) => count === deadlyCount)) throw new Error('no memory is left');
});
