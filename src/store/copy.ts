import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from, to } from 'pg-copy-streams';

/** A value that the text format of COPY can represent. */
export type CopyValue = string | number | Date | null;

/** Returns a row as a line in the text format of COPY. */
export function copyLine(values: readonly CopyValue[]): string {
  let line = '';
  for (const value of values) line += line === '' ? copyField(value) : `\t${copyField(value)}`;
  return `${line}\n`;
}

/**
 * Streams lines of `copyLine`, or rows in the binary format of COPY, into a table. `chunks` are pulled only as fast as
 * the server accepts them, so the memory is bounded by one chunk. `target` is trusted SQL: a table and its columns.
 */
export async function copyInto(
  client: PoolClient,
  target: string,
  chunks: AsyncIterable<string | Buffer>,
  format: 'text' | 'binary' = 'text',
): Promise<void> {
  const stream = client.query(from(`COPY ${target} FROM STDIN (FORMAT ${format})`));
  await pipeline(Readable.from(chunks, { objectMode: true }), stream);
}

/**
 * Streams the rows of a table in the text format of COPY, which `copyInto` takes back. The server sends them only as fast
 * as they are read. `source` is trusted SQL: a table and its columns.
 */
export function copyFrom(client: PoolClient, source: string): Readable {
  return client.query(to(`COPY ${source} TO STDOUT`));
}

/**
 * Streams the rows of a query, each as a line. The server sends them only as fast as they are read. `query` is trusted SQL
 * with one column of JSON.
 */
export function copyJsonLines(client: PoolClient, query: string): Readable {
  // JSON has no control characters, so nothing in a line is quoted.
  return client.query(to(`COPY (${query}) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')`));
}

/** Returns how many lines end in a chunk. */
export function linesIn(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) lines++;
  return lines;
}

const lineFeed = 0x0a;
const special = /[\\\t\n\r]/g;
const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function copyField(value: CopyValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'number') return String(value);
  if (value instanceof Date) return value.toISOString();
  return value.replace(special, (character) => escapes[character] as string);
}
