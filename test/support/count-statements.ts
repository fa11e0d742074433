import pg from 'pg';

/**
 * Counts the SQL statements that `work` sends over any connection of this process, except for those that refresh a live
 * catalog: a server sends them every second, whatever the requests.
 */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const send = pg.Client.prototype.query;
  let statements = 0;
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
    if (!String((args[0] as { name?: string }).name).startsWith('live ')) statements++;
    return Reflect.apply(send, this, args);
  } as typeof send;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = send;
  }
  return statements;
}
