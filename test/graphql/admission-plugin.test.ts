import { ApolloServer } from '@apollo/server';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import type { Allowance } from '../../src/access/rate-limits.ts';
import { WarmstartError } from '../../src/common/errors.ts';
import { admissionPlugin } from '../../src/graphql/admission-plugin.ts';
import { formatError } from '../../src/graphql/format-error.ts';
import type { RequestContext } from '../../src/graphql/request-context.ts';

describe('admissionPlugin', () => {
  const later = jest.fn(async () => {});
  const apollo = new ApolloServer<RequestContext>({
    typeDefs: 'type Query { things(first: Int!): [Thing!] } type Thing { name: String }',
    formatError,
    plugins: [admissionPlugin(100, true), { requestDidStart: async () => ({ didResolveOperation: later }) }],
  });
  afterAll(() => apollo.stop());

  async function ask(first: number, spend: Allowance['spend']) {
    later.mockClear();
    const serving = { platform: { catalog: { items: { size: 10 } } } };
    const contextValue = { serving, request: { allowance: { spend } } } as unknown as RequestContext;
    const { body, http } = await apollo.executeOperation(
      { query: `{ things(first: ${first}) { name } }` },
      { contextValue },
    );
    const result = body.kind === 'single' ? body.singleResult : undefined;
    return { status: http.status, code: result?.errors?.[0]?.extensions?.code };
  }

  test('charges the cost of an operation and admits it', async () => {
    const spend = jest.fn();
    expect(await ask(50, spend)).toEqual({ status: undefined, code: undefined });
    // A field with `first` costs 1, and here it contains only a scalar.
    expect(spend).toHaveBeenCalledWith(1);
    expect(later).toHaveBeenCalledTimes(1);
  });

  test('refuses before the plugins after it start', async () => {
    const refuse = () => {
      throw new WarmstartError('RATE_LIMITED', 'too much');
    };
    expect(await ask(1, refuse)).toEqual({ status: 429, code: 'RATE_LIMITED' });
    expect(later).not.toHaveBeenCalled();
  });
});
