import { describe, expect, test } from '@jest/globals';
import { type AuditResult, serverAudits } from 'graphql-http';
import { testDatabase } from '../support/test-database.ts';
import { testServer } from '../support/test-server.ts';

/**
 * What the server does not follow of GraphQL over HTTP, each for a reason. An operation that cannot be run is answered
 * with 400 whatever the client accepts, so that whoever only looks at the status sees it, too.
 */
const departures: Readonly<Record<string, AuditResult['status']>> = {
  '572B': 'warn', // SHOULD use 200 on document parsing failure when accepting application/json
  FDE2: 'warn', // SHOULD use 200 on document validation failure when accepting application/json
  '7B9B': 'warn', // SHOULD use 200 on variable coercion failure when accepting application/json
};

describe('GraphQL over HTTP', () => {
  const db = testDatabase();
  // The audits ask for types by name.
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

  test('has as many audits as the specification’s suite had when they were last read', () => {
    expect(audits).toHaveLength(61);
    const ids = audits.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(Object.keys(departures)));
  });

  test.each(audits.map((audit) => [audit.id, audit.name, audit] as const))(
    '%s %s',
    async (id, _name, audit) => {
      const result = await audit.fn();
      const { status } = result;
      const reason = 'reason' in result ? result.reason : undefined;
      expect({ status, reason }).toMatchObject({ status: departures[id] ?? 'ok' });
    },
  );
});
