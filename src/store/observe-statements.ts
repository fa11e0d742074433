import { AsyncResource } from 'node:async_hooks';
import pg from 'pg';

/**
 * Called when a statement is sent. The returned function is called when the statement ends, with its error if it
 * failed.
 */
export type StatementObserver = (text: string) => (error?: Error | null) => void;

type Send = (...args: unknown[]) => unknown;
type Callback = (error: Error | null, ...rest: unknown[]) => void;

/** Reports every statement on the pool's connections, in the asynchronous context of its sender. */
export function observeStatements(pool: pg.Pool, observe: StatementObserver): void {
  const connect = pool.connect.bind(pool) as (callback?: Callback) => unknown;
  // A connection is handed over in the context of the caller that returns it, so the context is restored here.
  pool.connect = ((callback?: Callback) => connect(callback && AsyncResource.bind(callback))) as pg.Pool['connect'];
  pool.on('connect', (client) => {
    client.query = ((...args: unknown[]) => send(client, args, observe)) as unknown as typeof client.query;
  });
}

function send(client: pg.PoolClient, args: unknown[], observe: StatementObserver): unknown {
  const ended = observe(textOf(args[0]));
  const callback = args.at(-1);
  if (typeof callback === 'function') {
    const watched: Callback = (error, ...rest) => {
      ended(error);
      (callback as Callback)(error, ...rest);
    };
    return Reflect.apply(pg.Client.prototype.query as Send, client, [...args.slice(0, -1), watched]);
  }
  const result = Reflect.apply(pg.Client.prototype.query as Send, client, args);
  if (result instanceof Promise)
    result.then(
      () => ended(),
      (error) => ended(error),
    );
  // A stream, such as COPY, ends when its user ends it, so only its start is reported.
  else ended();
  return result;
}

function textOf(query: unknown): string {
  return typeof query === 'string' ? query : String((query as { text?: string }).text ?? 'COPY');
}
