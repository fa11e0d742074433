import { test } from '@jest/globals';
import { listen } from '../../src/store/listen.ts';
import { eventually } from '../support/eventually.ts';
import { testDatabase } from '../support/test-database.ts';

const db = testDatabase();

test('a listener is called for each notification, and again once a lost connection is restored', async () => {
  let calls = 0;
  const listener = listen(db.pool, 'news', () => {
    calls++;
  });
  try {
    await eventually(async () => calls === 1);
    await db.pool.query('NOTIFY news');
    await eventually(async () => calls === 2);
    await db.pool.query('NOTIFY other');
    await db.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'warmstart listener' AND datname = current_database()`);
    await eventually(async () => calls === 3);
    await db.pool.query('NOTIFY news');
    await eventually(async () => calls === 4);
  } finally {
    await listener.close();
  }
});

test('a listener closes before it has connected', async () => {
  await listen(db.pool, 'news', () => {}).close();
});
