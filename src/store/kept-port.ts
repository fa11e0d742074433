import { randomUUID } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { uptime } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** Another process may only look whether the port is free, which takes it for a moment. */
const secondLookMilliseconds = 500;
/** Follows the port in the file when no process uses the server. */
const unused = 'unused';

/**
 * The port of a database server, kept in a file. The connections of a process cannot follow the server to another port,
 * so whichever process starts the server again uses the port that all others know.
 */
export class KeptPort {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Keeps the port of the running server, also if the server crashes. */
  keep(port: number): Promise<void> {
    return this.#write(`${port}`);
  }

  /** Lets the next start take another port if this one is not free. Call it when no process uses the server. */
  async letGo(): Promise<void> {
    const kept = await this.#read();
    if (kept) await this.#write(`${kept.port} ${unused}`);
  }

  /**
   * Returns the kept port; any free port if there is none, or if another program uses it. Throws if another program uses
   * a port on which processes may wait for the server.
   */
  async choose(): Promise<number> {
    const kept = await this.#read();
    if (!kept) return freePort();
    if (await isFree(kept.port)) return kept.port;
    await setTimeout(secondLookMilliseconds);
    if (await isFree(kept.port)) return kept.port;
    if (!kept.isAwaited) return freePort();
    throw new Error(
      `another program uses port ${kept.port}; end that program, or delete ${this.#file} if no other process uses the data`,
    );
  }

  async #read(): Promise<Kept | undefined> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    const [port, state] = text.trim().split(' ');
    if (!Number(port)) return undefined;
    return { port: Number(port), isAwaited: state !== unused && (await this.#isOfThisStart()) };
  }

  /** Whether the file was written since the machine started. A process that wrote it before cannot wait any more. */
  async #isOfThisStart(): Promise<boolean> {
    const { mtimeMs } = await stat(this.#file);
    return mtimeMs > Date.now() - uptime() * 1000;
  }

  async #write(text: string): Promise<void> {
    const draft = `${this.#file}-${randomUUID()}`;
    await writeFile(draft, `${text}\n`);
    await rename(draft, this.#file);
  }
}

interface Kept {
  readonly port: number;
  /** Whether processes may wait for the server on this port. */
  readonly isAwaited: boolean;
}

function isFree(port: number): Promise<boolean> {
  return freePort(port).then(
    () => true,
    () => false,
  );
}

/** Returns `wanted`, or any free port. Rejects if `wanted` is not free. */
function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}
