import { describe, expect, test } from '@jest/globals';
import { answerWithin } from '../../src/store/answer-within.ts';
import { withConnection } from '../../src/store/transaction.ts';
import { testDatabase } from '../support/test-database.ts';

/** Holds the event loop, as a large step of a training does. */
function hold(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe('answerWithin', () => {
  const db = testDatabase();

  test('takes an answer that came while the event loop was held for longer', async () => {
    await withConnection(db.pool, async (client) => {
      const answer = answerWithin(50, client.query('SELECT 1 AS one'));
      hold(300);
      expect((await answer).rows).toEqual([{ one: 1 }]);
    });
  });

  test('misses one that does not come', async () => {
    const asking = withConnection(db.pool, (client) => answerWithin(50, client.query('SELECT pg_sleep(1)')));
    await expect(asking).rejects.toThrow('the database did not answer for 50 ms');
  });

  test('throws what the statement throws', async () => {
    const asking = withConnection(db.pool, (client) => answerWithin(5000, client.query('SELECT nothing')));
    await expect(asking).rejects.toThrow('column "nothing" does not exist');
  });
});
