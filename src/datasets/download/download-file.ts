import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

export interface DownloadOptions {
  /** Called with the bytes received so far, and with those of the whole file, 0 if the server does not say. */
  readonly onBytes?: ((received: number, total: number) => void) | undefined;
  /** Ends the download, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a file and returns its MD5, in hexadecimal digits. Throws an error that says what happened if there is no
 * connection, if it breaks off, or if the server answers with another status than 200.
 */
export async function downloadFile(url: URL, path: string, options: DownloadOptions = {}): Promise<string> {
  const { signal } = options;
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (response.status !== 200 || response.body === null)
      throw new Error(`the server answered with the status ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    const hash = createHash('md5');
    const body = Readable.fromWeb(response.body as ReadableStream);
    await pipeline(body, watched(hash, total, options), createWriteStream(path), signal ? { signal } : {});
    return hash.digest('hex');
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(reasonOf(error as Error), { cause: error });
  }
}

/** Passes bytes on, and shows them to the hash and to the listener. */
function watched(hash: ReturnType<typeof createHash>, total: number, { onBytes }: DownloadOptions): Transform {
  let received = 0;
  return new Transform({
    transform(bytes: Buffer, _encoding, done) {
      hash.update(bytes);
      received += bytes.length;
      onBytes?.(received, total);
      done(null, bytes);
    },
  });
}

/** The message of `fetch` is only "fetch failed" or "terminated". Its cause says why. */
function reasonOf({ message, cause }: Error): string {
  const { message: why, code } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return [message, why || code].filter(Boolean).join(': ');
}
