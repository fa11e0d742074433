import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

const create = `mutation { upsertUsers(input: { users: [{ externalId: "slow" }] }) { userErrors { message } } }`;

describe('limitBodyTime', () => {
  const db = testDatabase();
  const server = testServer(db, { requestSeconds: 0.5 });
  const begin = (agent?: Agent) => {
    const headers = { 'content-type': 'application/json', authorization: server.authorization };
    const sent = request(server.url, { method: 'POST', headers, ...(agent && { agent }) });
    sent.on('error', () => {});
    const answered = once(sent, 'response').then(async ([response]: IncomingMessage[]) => {
      return [response?.statusCode, await text(response as IncomingMessage)] as const;
    });
    return { sent, answered };
  };

  test('refuses a body that does not come in time, and does not execute what comes later', async () => {
    const { sent, answered } = begin();
    const body = JSON.stringify({ query: create });
    sent.write(body.slice(0, -1));
    const [status, answer] = await answered;
    expect(status).toBe(408);
    expect(answer).toContain('body: expected the whole body within 0.5 s, got only a part of it');
    sent.end(body.slice(-1));
    await setTimeout(200);
    expect(await db.database.user.count()).toBe(0);
  });

  test('keeps the connection of a body that came in time', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const pause of [0, 700]) {
      await setTimeout(pause);
      const { sent, answered } = begin(agent);
      sent.end(JSON.stringify({ query: '{ __typename }' }));
      expect(await answered).toEqual([200, expect.stringContaining('Query')]);
      expect(sent.reusedSocket).toBe(pause > 0);
    }
    agent.destroy();
  });
});
