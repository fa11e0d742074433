import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { describe, expect, test } from '@jest/globals';
import { anonymous, type Principal } from '../../src/access/principal.ts';
import { WarmstartError } from '../../src/common/errors.ts';
import { authenticationPlugin } from '../../src/graphql/authentication-plugin.ts';
import { formatError, refusalOf } from '../../src/graphql/format-error.ts';
import type { RequestContext } from '../../src/graphql/request-context.ts';

const admin: Principal = { role: 'ADMIN', keyId: 1 };

describe('authenticationPlugin', () => {
  /** What was reported to the request's allowance. */
  const told: string[] = [];
  const allowance = {
    spend: () => {},
    checkLookUp: () => {},
    authenticated: ({ role }: Principal) => told.push(role),
    authenticationFailed: () => told.push('failed'),
  };
  const time = { within: (work: Promise<unknown>) => work };
  const serverOf = (plugins: readonly ApolloServerPlugin<RequestContext>[]) =>
    new ApolloServer<RequestContext>({
      typeDefs: 'type Query { role: String! }',
      resolvers: { Query: { role: (_root, _args, { principal }) => principal.role } },
      formatError,
      plugins: [...plugins],
    });
  const ask = async (server: ApolloServer<RequestContext>, authorization?: string) => {
    const headers = new Map(authorization === undefined ? [] : [['authorization', authorization]]);
    const http = { method: 'POST', headers, search: '', body: undefined };
    const { body, http: answer } = await server.executeOperation(
      { query: '{ role }', http: http as never },
      { contextValue: { principal: anonymous, request: { allowance, time } } as unknown as RequestContext },
    );
    if (body.kind !== 'single') throw new Error('one answer is expected');
    const result = JSON.parse(JSON.stringify(body.singleResult)) as object;
    return { status: answer.status ?? 200, challenge: answer.headers.get('www-authenticate'), ...result };
  };

  test('does not authenticate a request that an earlier plugin refuses', async () => {
    let authentications = 0;
    const limits: ApolloServerPlugin<RequestContext> = {
      requestDidStart: async () => ({
        didResolveOperation() {
          throw refusalOf(new WarmstartError('OPERATION_TOO_LARGE', 'too much'));
        },
      }),
    };
    const authentication = authenticationPlugin(async () => {
      authentications++;
      return admin;
    });
    expect(await ask(serverOf([limits, authentication]), 'x')).toMatchObject({
      status: 400,
      errors: [{ message: 'too much' }],
    });
    expect(authentications).toBe(0);
    expect(await ask(serverOf([authentication]), 'x')).toEqual({ status: 200, data: { role: 'ADMIN' } });
    expect(authentications).toBe(1);
  });

  test('reports accepted and refused credentials to the rate limits', async () => {
    told.length = 0;
    const authenticate = async (authorization: string | undefined) => {
      if (authorization === 'bad') throw new WarmstartError('UNAUTHENTICATED', 'no');
      return authorization === undefined ? anonymous : admin;
    };
    const server = serverOf([authenticationPlugin(authenticate)]);
    expect(await ask(server, 'good')).toEqual({ status: 200, data: { role: 'ADMIN' } });
    expect(await ask(server)).toEqual({ status: 200, data: { role: 'ANONYMOUS' } });
    expect(await ask(server, 'bad')).toEqual({
      status: 401,
      challenge: 'Bearer',
      errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(told).toEqual(['ADMIN', 'ANONYMOUS', 'failed']);
  });
});
