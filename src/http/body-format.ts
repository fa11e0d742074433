import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { RequestError } from './refusal.ts';

const decompressors = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress };

/** Throws a `RequestError` if a body has another type, such as `application/json`, or a charset other than UTF-8. */
export function checkContentType(header: string | undefined, expected: string): void {
  // Nearly all clients send one of these.
  if (header === expected || header === `${expected}; charset=utf-8`) return;
  const [type, ...parameters] = (header ?? '').toLowerCase().split(';');
  if (type?.trim() !== expected)
    throw new RequestError(415, `Content-Type: expected ${expected}, got ${header ?? 'none'}`);
  const charset = parameters.map((text) => /^\s*charset\s*=\s*"?([^"\s]*)/.exec(text)?.[1]).find(Boolean) ?? 'utf-8';
  if (charset !== 'utf-8') throw new RequestError(415, `charset: expected utf-8, got ${charset}`);
}

/** Returns the decompressed body. Throws a `RequestError` if it has an unknown encoding. */
export function decompressed(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return request;
  if (!Object.hasOwn(decompressors, encoding)) {
    const known = Object.keys(decompressors).join(', ');
    throw new RequestError(415, `Content-Encoding: expected one of ${known}, got ${encoding}`);
  }
  return request.pipe(decompressors[encoding as keyof typeof decompressors]());
}

/** Throws a `RequestError` if a body that no header calls compressed begins like one in gzip. */
export function refuseUnnamedGzip({ headers }: IncomingMessage, [first, second = 0x8b]: Buffer): void {
  if (headers['content-encoding'] !== undefined || first !== 0x1f || second !== 0x8b) return;
  const expected = 'expected gzip as the encoding of a body that begins like a gzip file';
  throw new RequestError(415, `Content-Encoding: ${expected}, got none; send the header \`content-encoding: gzip\``);
}
