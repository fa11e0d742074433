import type { IncomingMessage } from 'node:http';
import { checkContentType, decompressed } from './body-format.ts';
import { checkNesting } from './check-nesting.ts';
import { RequestError } from './refusal.ts';

const utf8 = new TextDecoder();

/**
 * Reads the bytes of a body of JSON. Throws a `RequestError` if the body has another type or charset, cannot be
 * decompressed, or has more than `maxBytes` after decompression.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  checkContentType(request.headers['content-type'], 'application/json');
  if (Number(request.headers['content-length']) > maxBytes) throw tooLarge(maxBytes);
  return readBytes(request, maxBytes);
}

/**
 * Returns what a body has as JSON; an empty object for an empty body. Throws a `RequestError` if it is not JSON, and
 * BAD_USER_INPUT if it is nested too deeply.
 */
export function parseBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {};
  checkNesting(bytes);
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new RequestError(400, `body: expected JSON: ${(error as Error).message}`);
  }
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const source = decompressed(request);
    const parts: Buffer[] = [];
    let size = 0;
    const fail = (error: Error) => {
      source.off('data', take).off('end', finish);
      // What is left is read and dropped, so that the connection can carry the answer and the next request.
      request.unpipe();
      request.resume();
      reject(error);
    };
    const take = (part: Buffer) => {
      size += part.length;
      if (size > maxBytes) fail(tooLarge(maxBytes));
      else parts.push(part);
    };
    const finish = () => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
    source.on('data', take).once('end', finish);
    source.on('error', (error) => fail(new RequestError(400, `body: ${error.message}`)));
    if (source !== request) request.once('error', fail);
  });
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(413, `body: expected at most ${maxBytes} bytes, got more`);
}
