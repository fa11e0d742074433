import { describe, expect, test } from '@jest/globals';
import { type AuditResult, serverAudits } from 'graphql-http';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

/**
 * The audits of GraphQL over HTTP that the server fails on purpose. An operation that cannot be run is answered
 * with 400 whatever the client accepts, so that a client that reads only the status notices the error.
 */
const departures: Readonly<Record<string, AuditResult['status']>> = {
  '572B': 'warn', // SHOULD use 200 on document parsing failure when accepting application/json
  FDE2: 'warn', // SHOULD use 200 on document validation failure when accepting application/json
  '7B9B': 'warn', // SHOULD use 200 on variable coercion failure when accepting application/json
};

/** Every audit of the suite, so that added and removed audits are noticed. */
const audited = `
  22EB 4655 47DE 80D8 82A3 BF61 78D5 2C94 5A70 9C48 9ABE 03D4
  A5BF 423L LKJ0 LKJ1 LKJ2 LKJ3 34A2 13EE 6C00 6C01 6C02 6C03
  8161 B8B3 94B0 0220 94B1 0221 94B2 0222 4760 4761 4762 4763
  2EA1 28B9 D6D5 6A70 58B0 58B1 58B2 58B3 428F 1B7A B6DC BCF8
  B7N8 8764 3E3A 572B FDE2 7B9B 865D 556A D586 51FE 74FF 5E5B
  86EE`;

describe('GraphQL over HTTP', () => {
  const db = testDatabase();
  // The audits query types by name.
  const server = testServer(db, { introspection: true });
  const audits = serverAudits({
    url: () => server.url,
    // GETs need a header that a cross-site form cannot send.
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, {
        ...init,
        headers: { ...init.headers, 'apollo-require-preflight': 'true', authorization: server.authorization },
      }),
  });

  test('passes the whole audit suite', () => {
    expect(audits.map(({ id }) => id)).toEqual(audited.trim().split(/\s+/));
  });

  test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))('%s %s', async (id, _name, audit) => {
    const result = await audit.fn();
    const { status } = result;
    const reason = 'reason' in result ? result.reason : undefined;
    expect({ status, reason }).toMatchObject({ status: departures[id] ?? 'ok' });
  });
});
