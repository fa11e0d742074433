import { expect, test } from '@jest/globals';
import { prepared } from '../../src/store/prepared.ts';
import { withConnection } from '../../src/store/transaction.ts';
import { testDatabase } from '../support/test-database.ts';

const db = testDatabase();
const sum = prepared<{ sum: number }>('test sum', 'SELECT $1::int + $2::int AS sum');

test('a prepared statement is parsed once for each connection', async () => {
  await withConnection(db.pool, async (client) => {
    expect(await sum(client, [1, 2])).toEqual([{ sum: 3 }]);
    expect(await sum(client, [30, 4])).toEqual([{ sum: 34 }]);
    const { rows } = await client.query(
      'SELECT name, generic_plans + custom_plans AS runs FROM pg_prepared_statements',
    );
    expect(rows).toEqual([{ name: 'test sum', runs: '2' }]);
  });
});
