import { describe, expect, test } from '@jest/globals';
import { answerWithin } from '../../src/store/answer-within.ts';
import { withConnection } from '../../src/store/transaction.ts';
import { testDatabase } from '../support/test-database.ts';

/** Blocks the event loop, like a large training step does. */
function hold(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe('answerWithin', () => {
  const db = testDatabase();

  test('accepts an answer that arrived while the event loop was blocked for longer', async () => {
    await withConnection(db.pool, async (client) => {
      const answer = answerWithin(50, client.query('SELECT 1 AS one'));
      hold(300);
      expect((await answer).rows).toEqual([{ one: 1 }]);
    });
  });

  test('throws if no answer arrives in time', async () => {
    const asking = withConnection(db.pool, (client) => answerWithin(50, client.query('SELECT pg_sleep(1)')));
    await expect(asking).rejects.toThrow('the database did not answer for 50 ms');
  });

  test('throws the error of the statement', async () => {
    const asking = withConnection(db.pool, (client) => answerWithin(5000, client.query('SELECT nothing')));
    await expect(asking).rejects.toThrow('column "nothing" does not exist');
  });
});
