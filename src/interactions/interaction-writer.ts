import { AsyncResource } from 'node:async_hooks';
import type { Connections } from '../store/prepared.ts';
import type { InteractionInput } from './check-interaction.ts';
import { type InsertedInteraction, insertInteractions } from './insert-interactions.ts';

/** One statement can wait for a user whom another process has locked. The others go on meanwhile. */
const maxStatements = 4;
/** Enough that the cost of a statement is small beside that of its rows, and few enough that nobody waits long. */
const maxRows = 1000;

/** A call of `insert` that waits for its rows. */
interface Call {
  readonly inputs: readonly InteractionInput[];
  /** Sends a statement for these calls, in the asynchronous context of this one. */
  readonly send: (calls: readonly Call[]) => void;
  readonly resolve: (rows: InsertedInteraction[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores interactions, and combines concurrent calls: while statements are in progress, the calls that come collect, and
 * the next statement stores them together. A commit then costs once for many requests.
 */
export class InteractionWriter {
  readonly connections: Connections;
  readonly #waiting: Call[] = [];
  #statements = 0;

  constructor(connections: Connections) {
    this.connections = connections;
  }

  /**
   * Stores validated interactions like `insertInteractions`. Since they are valid, only the database can be the reason
   * why a statement fails, and then every call in it fails.
   */
  insert(inputs: readonly InteractionInput[]): Promise<InsertedInteraction[]> {
    return new Promise((resolve, reject) => {
      const send = AsyncResource.bind((calls: readonly Call[]) => void this.#send(calls));
      this.#waiting.push({ inputs, send, resolve, reject });
      this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0 && this.#statements < maxStatements) {
      this.#statements++;
      const calls = takeCalls(this.#waiting);
      calls[0]?.send(calls);
    }
  }

  async #send(calls: readonly Call[]): Promise<void> {
    try {
      const inputs = calls.flatMap((call) => call.inputs);
      const rows = await insertInteractions(this.connections, inputs);
      let start = 0;
      for (const call of calls) {
        call.resolve(rows.slice(start, start + call.inputs.length));
        start += call.inputs.length;
      }
    } catch (error) {
      for (const { reject } of calls) reject(error);
    } finally {
      this.#statements--;
      this.#sendWaiting();
    }
  }
}

/** Removes the calls of the next statement: the first one, and those after it that fit. */
function takeCalls(waiting: Call[]): Call[] {
  let rows = 0;
  const fitting = waiting.findIndex((call, index) => {
    rows += call.inputs.length;
    return index > 0 && rows > maxRows;
  });
  return waiting.splice(0, fitting < 0 ? waiting.length : fitting);
}
