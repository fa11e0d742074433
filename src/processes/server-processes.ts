import type { Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { GatheredMetrics } from './gathered-metrics.ts';
import { type ToPrimary, tell } from './process-messages.ts';
import { SupervisedServer } from './supervised-server.ts';

/** The server processes, which listen on the same port. This process hands each new connection to the next of them. */
export class ServerProcesses {
  /** The URL of the servers once all of them listen. Rejects with the reason of the first one that cannot start. */
  readonly listening: Promise<string>;
  readonly #servers: readonly SupervisedServer[];
  readonly #metrics = new GatheredMetrics();

  /** `settings` are those of the server processes that differ from this process's settings. */
  constructor(count: number, logger: Logger, settings: NodeJS.ProcessEnv) {
    const onMessage = (process: Worker, message: ToPrimary) => void this.#answer(process, message);
    const onEnd = (process: Worker) => this.#metrics.keepCountsOf(process);
    this.#servers = Array.from({ length: count }, () => new SupervisedServer({ logger, settings, onMessage, onEnd }));
    this.listening = Promise.all(this.#servers.map(({ listening }) => listening)).then(([url]) => url as string);
  }

  /** Lets all servers drain at the same time. Returns whether all of them ended with status 0. */
  async stop(): Promise<boolean> {
    const ends = await Promise.all(this.#servers.map((server) => server.stop()));
    return !ends.includes(false);
  }

  async kill(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
  }

  async #answer(asker: Worker, message: ToPrimary): Promise<void> {
    if (message.kind === 'reported') this.#metrics.reported(asker, message);
    if (message.kind !== 'gather') return;
    const processes = this.#servers.flatMap(({ process }) => process ?? []);
    tell(asker, { kind: 'gathered', id: message.id, snapshots: await this.#metrics.gather(processes) });
  }
}
