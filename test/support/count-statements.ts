import pg from 'pg';

/** Counts the SQL statements that `work` sends over any connection of this process. */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const send = pg.Client.prototype.query;
  let statements = 0;
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
    statements++;
    return Reflect.apply(send, this, args);
  } as typeof send;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = send;
  }
  return statements;
}
