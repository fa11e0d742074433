import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout } from 'node:timers';
import type { Logger } from 'pino';
import { WarmstartError } from '../common/errors.ts';
import { type ToPrimary, tell } from './process-messages.ts';
import { RestartPause } from './restart-pause.ts';

export interface SupervisionOptions {
  readonly logger: Logger;
  /** Settings of the server process that differ from this process's settings. */
  readonly settings: NodeJS.ProcessEnv;
  /** Is called with every message of the process. */
  readonly onMessage: (process: Worker, message: ToPrimary) => void;
  readonly onEnd: (process: Worker) => void;
}

/**
 * A server process that is started again, after a pause, when it ends. It never outlives this process, because Node ends
 * it when the channel to this process closes.
 */
export class SupervisedServer {
  /** The URL of the server once it listens. Rejects if the process ends before that; it is not started again then. */
  readonly listening: Promise<string>;
  readonly #options: SupervisionOptions;
  readonly #pause = new RestartPause();
  #listensAt: (url: string) => void = () => {};
  #cannotStart: (error: Error) => void = () => {};
  #process: Worker;
  #isListening = false;
  #hasListened = false;
  #failure: string | undefined;
  #started = 0;
  #restart: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: SupervisionOptions) {
    this.#options = options;
    this.listening = new Promise((resolve, reject) => {
      this.#listensAt = resolve;
      this.#cannotStart = reject;
    });
    this.#process = this.#start();
  }

  /** The process, while it listens. */
  get process(): Worker | undefined {
    return this.#isListening ? this.#process : undefined;
  }

  /** Lets the server drain and waits for its end. Returns whether it ended with status 0. */
  async stop(): Promise<boolean> {
    if (this.#isListening) return (await this.#end(() => tell(this.#process, { kind: 'stop' }))) === 0;
    await this.kill();
    return true;
  }

  /** Ends the process without a drain. */
  async kill(): Promise<void> {
    await this.#end(() => this.#process.process.kill('SIGKILL'));
  }

  #start(): Worker {
    const { logger, settings, onMessage } = this.#options;
    this.#started = performance.now();
    this.#failure = undefined;
    const child = cluster.fork(settings);
    logger.info({ server: child.process.pid }, 'started a server process');
    closeUnaccepted(child);
    child.on('error', (err) => logger.error({ err }, 'cannot reach a server process'));
    child.on('message', (message: ToPrimary) => {
      this.#hear(message);
      onMessage(child, message);
    });
    child.once('exit', (status, signal) => this.#ended(child, status, signal));
    return child;
  }

  #hear(message: ToPrimary): void {
    if (message.kind === 'failed') this.#failure = message.message;
    if (message.kind !== 'listening') return;
    this.#isListening = true;
    this.#hasListened = true;
    this.#options.logger.info({ server: this.#process.process.pid }, 'a server process listens');
    this.#listensAt(message.url);
  }

  #ended(child: Worker, status: number | null, signal: string | null): void {
    const { logger, onEnd } = this.#options;
    this.#isListening = false;
    onEnd(child);
    if (this.#stopped) return;
    const reason = this.#failure;
    if (!this.#hasListened) {
      const end = signal ?? `status ${status}`;
      const message = reason ?? `a server process ended with ${end} before it listened`;
      this.#cannotStart(new WarmstartError('INVALID_CONFIGURATION', message));
      return;
    }
    const pause = this.#pause.after(performance.now() - this.#started);
    logger.error(
      { server: child.process.pid, status, signal, reason, pause },
      'a server process ended; starting it again',
    );
    this.#restart = setTimeout(() => {
      this.#process = this.#start();
    }, pause);
  }

  async #end(ask: () => void): Promise<number> {
    this.#stopped = true;
    clearTimeout(this.#restart);
    if (this.#process.isDead()) return 0;
    const ended = once(this.#process, 'exit');
    ask();
    return (await ended)[0];
  }
}

/**
 * Closes the connection that was being handed to a server process when that ended. Node hands over one connection at a
 * time and waits until the process has accepted it. If the process is killed meanwhile, Node forgets the connection
 * without closing it, and its client would wait forever.
 */
function closeUnaccepted({ process }: Worker): void {
  let latest: { close(): void } | undefined;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  process.send = (...message: unknown[]) => {
    const [, handle] = message;
    if (typeof handle === 'object' && handle) latest = handle as typeof latest;
    return send(...message);
  };
  // Closing a connection that was accepted does nothing, because this process has closed its side already.
  process.once('exit', () => latest?.close());
}
