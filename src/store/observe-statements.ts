import { AsyncResource } from 'node:async_hooks';
import pg from 'pg';

/** Called as a statement is sent; what it returns is called when the statement has ended, with what it failed with. */
export type StatementObserver = (text: string) => (error?: Error | null) => void;

type Send = (...args: unknown[]) => unknown;
type Callback = (error: Error | null, ...rest: unknown[]) => void;

/** Tells of every statement that goes over a connection of the pool, in the asynchronous context of whoever sent it. */
export function observeStatements(pool: pg.Pool, observe: StatementObserver): void {
  const connect = pool.connect.bind(pool) as (callback?: Callback) => unknown;
  // A connection that somebody else gives back is handed on in that one's context.
  pool.connect = ((callback?: Callback) =>
    connect(callback && AsyncResource.bind(callback))) as pg.Pool['connect'];
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
  // A stream, as of COPY, is over when its user says so; what is told of it is that it began.
  else ended();
  return result;
}

function textOf(query: unknown): string {
  return typeof query === 'string' ? query : String((query as { text?: string }).text ?? 'COPY');
}
