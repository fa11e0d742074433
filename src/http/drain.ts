import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as pause, setImmediate as readArrived } from 'node:timers/promises';
import { Slots } from './slots.ts';

/**
 * How long a stopping server takes new connections, and how long a connection must be idle before it is closed. A client
 * with more traffic than that learns from a response that its connection will be closed, and sends nothing more on it.
 */
const graceMilliseconds = 1000;
/** A turn of the event loop that is so short hardly leaves time for a new connection. */
const shortMilliseconds = 0.1;
/** Maximum time to wait for a moment without new connections. */
const calmMilliseconds = 1000;
/** How often connections that have become idle are closed. */
const sweepMilliseconds = 50;
/** Maximum time that a client takes to close its side of a connection. */
const lingerMilliseconds = 1000;

/** Stops a server without aborting the requests in progress, and without closing a connection on which one arrives. */
export class Drain {
  readonly #server: Server;
  readonly #inProgress = new Slots<ServerResponse>();
  readonly #connections = new Slots<Socket>();
  /** The number of connections so far. */
  #taken = 0;
  #draining = false;
  readonly #graceEnded = new AbortController();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#taken++;
      const slot = this.#connections.add(socket);
      socket.once('close', () => this.#connections.remove(slot));
    });
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Aborted after the grace period of a stopping server. A request that can take minutes must end then. */
  get graceEnded(): AbortSignal {
    return this.#graceEnded.signal;
  }

  /** Counts a request as in progress until its response is closed. */
  watch(response: ServerResponse): void {
    const slot = this.#inProgress.add(response);
    response.once('close', () => this.#inProgress.remove(slot));
    if (this.#draining) closeAfter(response);
  }

  /**
   * Answers requests as usual for a grace period, but closes each connection after the answer. Then takes no new
   * connections, closes idle ones, and waits for requests in progress. After `seconds`, closes all connections. Returns
   * the number of requests that were aborted.
   */
  async drain(seconds: number): Promise<number> {
    this.#draining = true;
    for (const response of this.#inProgress.values()) closeAfter(response);
    const started = performance.now();
    const grace = Math.min(graceMilliseconds, seconds * 1000);
    const idle = new IdleConnections(grace);
    for (let listening = true; ; ) {
      const passed = performance.now() - started;
      if (listening && passed >= grace) {
        this.#graceEnded.abort();
        await this.#stopListening(Math.min(calmMilliseconds, seconds * 1000 - passed));
        listening = false;
      }
      await idle.close(this.#connections.values(), this.#busy(), started + seconds * 1000);
      const left = seconds * 1000 - passed;
      if (left <= 0 || (!listening && this.#connections.size === 0)) break;
      await pause(Math.min(left, sweepMilliseconds));
    }
    const aborted = this.#inProgress.size;
    await this.#close();
    return aborted;
  }

  #busy(): Set<Socket> {
    return new Set(this.#inProgress.values().map(({ req }) => req.socket));
  }

  /**
   * Stops listening at a moment when no new connection waits, because it would be reset. Node takes one in each turn of
   * the event loop. Waits for this moment for at most so long.
   */
  async #stopListening(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    for (let started = performance.now(), isCalm = false; !isCalm && started < end; started = performance.now()) {
      const taken = this.#taken;
      await readArrived();
      isCalm = this.#taken === taken && performance.now() - started < shortMilliseconds;
    }
    // `close` of an HTTP server would destroy idle connections too.
    NetServer.prototype.close.call(this.#server);
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/**
 * Tells a client that its connection is closed after this response. What the client still sends is read and dropped for
 * a second, so that it gets the response.
 */
export function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
  const { socket } = response.req;
  // Node calls it after the response. If it destroyed the socket, the rest of a body that is not read would reset the
  // connection, and the client could lose the response.
  socket.destroySoon = () => halfClose(socket);
}

/** Sends the end of the connection, and waits until the client ends it too. */
function halfClose(socket: Socket): void {
  if (socket.writableEnded) return;
  socket.end();
  setTimeout(() => socket.destroy(), lingerMilliseconds).unref();
}

interface Quiet {
  /** The number of bytes that have been received. */
  readonly bytes: number;
  /** Since when there are no more. */
  readonly since: number;
}

/** Closes connections on which nothing happens for a while. */
class IdleConnections {
  readonly #milliseconds: number;
  readonly #quiet = new WeakMap<Socket, Quiet>();

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Closes those that have been idle for long enough, at most until `end`. Call it regularly. */
  async close(connections: readonly Socket[], busy: ReadonlySet<Socket>, end: number): Promise<void> {
    const now = performance.now();
    const due = connections.filter((socket) => {
      const { bytesRead: bytes } = socket;
      const quiet = this.#quiet.get(socket);
      if (!busy.has(socket) && quiet?.bytes === bytes) return now - quiet.since >= this.#milliseconds;
      this.#quiet.set(socket, { bytes, since: now });
      return false;
    });
    for (const socket of due) {
      // Reads a request that has arrived in the meantime.
      await readArrived();
      if (performance.now() >= end) return;
      if (socket.bytesRead === this.#quiet.get(socket)?.bytes) halfClose(socket);
    }
  }
}
