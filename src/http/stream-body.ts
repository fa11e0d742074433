import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { WarmstartError } from '../common/errors.ts';
import { decompressed, refuseUnnamedGzip } from './body-format.ts';
import { tooSlow } from './body-time.ts';
import { RequestError } from './refusal.ts';

export interface StreamOptions {
  /** How long the client may send nothing while the server waits for more. */
  readonly silentSeconds: number;
  /** Ends the stream, because the server is stopping. */
  readonly stopping: AbortSignal;
}

/**
 * Yields the body of a request piece by piece, decompressed. While nobody takes the next piece, the client cannot send
 * more than a few of them, so that a body of any length takes little memory.
 *
 * Throws a `RequestError` if the body has an unknown encoding, is in gzip without a header that says so, cannot be
 * decompressed or does not go on in time, UNAVAILABLE if the server is stopping, and INTERRUPTED if the client breaks
 * off. The request can be answered after that: the rest of its body is dropped.
 */
export async function* streamBody(request: IncomingMessage, options: StreamOptions): AsyncGenerator<Buffer> {
  const source = decompressed(request);
  if (source !== request) request.once('error', (error) => source.destroy(error));
  const pieces: AsyncIterator<Buffer> = source.iterator({ destroyOnReturn: false });
  try {
    for (let isFirst = true; ; isFirst = false) {
      const next = await inTime(pieces.next(), options).catch((error) => {
        throw causeOf(error, request);
      });
      if (next.done) return;
      if (isFirst) refuseUnnamedGzip(request, next.value);
      yield next.value;
    }
  } finally {
    drop(request, source);
  }
}

/** Waits for a piece, for as long as the client may be silent, unless the server is stopping. */
async function inTime<T>(piece: Promise<T>, { silentSeconds, stopping }: StreamOptions): Promise<T> {
  let release = () => {};
  const end = new Promise<never>((_resolve, reject) => {
    const stop = () => reject(new WarmstartError('UNAVAILABLE', 'the server is stopping; try again in a few seconds'));
    const late = () => reject(tooSlow(`more of it within ${silentSeconds} s`));
    if (stopping.aborted) stop();
    const timer = setTimeout(late, silentSeconds * 1000);
    stopping.addEventListener('abort', stop);
    release = () => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', stop);
    };
  });
  return Promise.race([end, piece]).finally(release);
}

function causeOf(error: Error, request: IncomingMessage): Error {
  if (error instanceof WarmstartError || error instanceof RequestError) return error;
  if (request.destroyed && !request.complete)
    return new WarmstartError('INTERRUPTED', 'the client closed the connection', { cause: error });
  return new RequestError(400, `body: ${error.message}`);
}

/** Reads what is left of a body and drops it, so that the connection can carry the answer. */
function drop(request: IncomingMessage, source: Readable): void {
  request.unpipe();
  if (source !== request) source.destroy();
  // An iterator that still waits for a piece would keep the body from flowing.
  request.removeAllListeners('readable');
  request.resume();
}
