import { createApiKey, listApiKeys, revokeApiKey } from '../../access/api-keys.ts';
import { notFound } from '../../common/errors.ts';
import { pageById } from '../connection.ts';
import type { Resolvers } from '../generated/resolver-types.ts';
import { decodeNumberedId, encodeGlobalId } from '../global-id.ts';
import { payloadOf } from '../user-errors.ts';

/** API keys. */
export const apiKeys = {
  Query: {
    apiKeys: (_root, page, { database }) =>
      pageById(
        'apiKeys',
        page,
        (limit, before) => listApiKeys(database, limit, before),
        ({ id }) => id,
      ),
  },
  Mutation: {
    createApiKey: (_root, { input }, { database }) => payloadOf(() => createApiKey(database, input)),
    revokeApiKey: (_root, { input }, { database, authenticator }) =>
      payloadOf(async () => {
        const id = decodeNumberedId('ApiKey', input.apiKey);
        if (id === undefined) throw notFound('API key', input.apiKey, ['apiKey']);
        const apiKey = await revokeApiKey(database, id);
        authenticator.forget();
        return { apiKey };
      }),
  },
  ApiKey: {
    id: ({ id }) => encodeGlobalId('ApiKey', id),
  },
} satisfies Resolvers;
