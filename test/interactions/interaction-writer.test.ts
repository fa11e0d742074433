import { beforeAll, describe, expect, test } from '@jest/globals';
import type { InteractionInput } from '../../src/interactions/check-interaction.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { loadDataset } from '../../src/interactions/load-dataset.ts';
import { recordInteractions } from '../../src/interactions/record-interactions.ts';
import type { Connections } from '../../src/store/prepared.ts';
import { smallCatalog, smallDataset } from '../support/small-dataset.ts';
import { testDatabase } from '../support/test-database.ts';

const ratingScale = { minimum: 1, maximum: 5 };

describe('InteractionWriter', () => {
  const db = testDatabase();
  const view = (user: string, item = 'i1', idempotencyKey?: string): InteractionInput => {
    return { user, item, type: 'VIEW', idempotencyKey };
  };

  beforeAll(async () => {
    await loadDataset(db.pool, smallDataset(smallCatalog(20, 3)), { ratingScale });
  });

  test('stores the calls that come while statements are in progress with one statement', async () => {
    const { connections, sent } = counting(db.pool);
    const writer = new InteractionWriter(connections);
    const users = Array.from({ length: 20 }, (_, n) => `u${n + 1}`);
    const inserted = await Promise.all(users.map((user) => writer.insert([view(user)])));
    // The first four calls are sent at once, and the other 16 together.
    expect(sent.map((values) => values[0])).toEqual([['u1'], ['u2'], ['u3'], ['u4'], users.slice(4)]);
    const stored = await db.database.interaction.findMany({ include: { user: true } });
    for (const [index, rows] of inserted.entries()) {
      const own = stored.filter(({ user }) => user.externalId === users[index]);
      expect(rows.map(({ interaction }) => interaction)).toEqual(own.map(({ user: _user, ...row }) => row));
    }
  });

  test('stores at most 1000 interactions of several calls with one statement', async () => {
    const { connections, sent } = counting(db.pool);
    const writer = new InteractionWriter(connections);
    const batch = (length: number) => Array.from({ length }, () => view('u1'));
    await Promise.all([1, 1, 1, 1, 400, 600, 1, 1200, 2].map((length) => writer.insert(batch(length))));
    expect(sent.map((values) => values[0]?.length)).toEqual([1, 1, 1, 1, 1000, 1, 1200, 2]);
  });

  test('gives each of the concurrent calls its own results and errors', async () => {
    const writer = new InteractionWriter(db.pool);
    const batches = Array.from({ length: 12 }, (_, n) => [
      view(`u${n + 1}`, 'i2', `key ${n}`),
      view(n % 3 ? `u${n + 1}` : `nobody ${n}`, 'i2'),
      // The same user and key in every call, with another item in every second one.
      view('u20', n % 2 ? 'i2' : 'i3', 'shared'),
    ]);
    const recorded = await Promise.all(batches.map((batch) => recordInteractions(writer, { ratingScale }, batch)));
    for (const [n, { results, errors }] of recorded.entries()) {
      expect(results[0]).toMatchObject({ recorded: true, interaction: { idempotencyKey: `key ${n}` } });
      expect(results[1]?.recorded).toBe(n % 3 !== 0);
      const unknown = errors.filter(({ code }) => code === 'USER_NOT_FOUND');
      expect(unknown.map(({ message }) => message)).toEqual(
        n % 3 ? [] : [expect.stringContaining(`there is no user with the ID "nobody ${n}"`)],
      );
    }
    const shared = recorded.map(({ results }) => results[2]);
    expect(shared.filter((result) => result?.recorded)).toHaveLength(1);
    const [stored] = await db.database.interaction.findMany({ where: { idempotencyKey: 'shared' } });
    // Those with the item of the stored interaction repeat it, and the others conflict with it.
    const items = await db.database.item.findMany({
      where: { externalId: { in: ['i2', 'i3'] } },
      orderBy: { id: 'asc' },
    });
    for (const [n, { results, errors }] of recorded.entries()) {
      const same = items[n % 2 ? 0 : 1]?.id === stored?.itemId;
      expect(results[2]?.interaction).toEqual(same ? stored : null);
      expect(errors.some(({ code }) => code === 'IDEMPOTENCY_CONFLICT')).toBe(!same);
    }
  });

  test('fails the calls of a statement that the database refuses, and stores those of the next one', async () => {
    const failing = { ...counting(db.pool), failures: 4 };
    const connections = {
      query(...args: Parameters<Connections['query']>) {
        if (failing.failures-- > 0) return Promise.reject(new Error('the database is away'));
        return failing.connections.query(...args);
      },
    } as unknown as Connections;
    const writer = new InteractionWriter(connections);
    const calls = await Promise.allSettled(
      ['u1', 'u2', 'u3', 'u4', 'u5', 'u6'].map((user) => writer.insert([view(user)])),
    );
    expect(calls.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 4 }, () => 'rejected'),
      'fulfilled',
      'fulfilled',
    ]);
    expect((await writer.insert([view('u1')]))[0]?.interaction).not.toBeNull();
  });
});

/** Connections that list the values of every statement. */
function counting(pool: Connections): { readonly connections: Connections; readonly sent: unknown[][][] } {
  const sent: unknown[][][] = [];
  const connections = {
    query(statement: { values: unknown[][] }) {
      sent.push(statement.values);
      return pool.query(statement as never);
    },
  } as unknown as Connections;
  return { connections, sent };
}
