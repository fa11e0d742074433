import { parentPort } from 'node:worker_threads';
import type { FoundRows } from './best-rows.ts';
import { searchChunks } from './search-chunks.ts';
import { VectorChunk } from './vector-chunk.ts';
import type { VectorQuery } from './vector-query.ts';

export interface SearchRequest {
  readonly width: number;
  readonly rows: number;
  readonly deviations: Float32Array;
  readonly chunks: readonly SharedArrayBuffer[];
  readonly queries: readonly VectorQuery[];
}

/** What each query found. An error ends the thread. */
export type SearchAnswer = readonly FoundRows[];

parentPort?.on('message', async ({ width, rows, deviations, chunks, queries }: SearchRequest) => {
  const view = { width, rows, deviations, chunks: chunks.map((buffer) => new VectorChunk(width, buffer)) };
  parentPort?.postMessage(await searchChunks(view, queries));
});
