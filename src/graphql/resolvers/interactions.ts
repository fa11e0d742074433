import { deleteInteractions } from '../../interactions/delete-interactions.ts';
import { listInteractions } from '../../interactions/find-interactions.ts';
import { recordInteractions } from '../../interactions/record-interactions.ts';
import type { Interaction } from '../../store/database.ts';
import { type ListOrder, pageOf } from '../connection.ts';
import type { Resolvers } from '../generated/resolver-types.ts';
import { decodeInteractionId, encodeInteractionId } from '../global-id.ts';
import { payloadOf, userErrorOf } from '../user-errors.ts';

const userByUser: ListOrder<Interaction> = {
  name: 'interactions',
  types: ['integer', 'bigint'],
  placeOf: ({ userId, id }) => [BigInt(userId), id],
};

const ofOneUser: ListOrder<Interaction> = {
  name: 'user.interactions',
  types: ['bigint'],
  placeOf: ({ id }) => [id],
};

/** Interactions of users with items. */
export const interactions = {
  Query: {
    interactions: (_root, { types, ...page }, { database }) =>
      pageOf(userByUser, page, (limit, place) => {
        const after = place && { userId: Number(place[0]), id: place[1] as bigint };
        return listInteractions(database, { limit, after, types });
      }),
  },
  Mutation: {
    async recordInteractions(_root, { input }, { interactions, ratingScale, catalog, principal }) {
      // The catalog is not the user's.
      const items = principal.role !== 'USER';
      const creation = input.createMissing ? { users: true, items, maxItems: catalog.maxItemsIfNear } : undefined;
      const { results, errors } = await recordInteractions(interactions, ratingScale, input.interactions, creation);
      return { results: [...results], userErrors: errors.map(userErrorOf) };
    },
    deleteInteractions: (_root, { input: { interactions } }, { database }) =>
      payloadOf(async () => {
        await deleteInteractions(database, interactions.map(decodeInteractionId));
        return { deletedIds: interactions };
      }),
  },
  User: {
    interactions: ({ id }, { types, ...page }, { loaders }) =>
      pageOf(ofOneUser, page, (limit, place) =>
        loaders.interactionsOfUser({ limit, after: place?.[0], types }).load(id),
      ),
  },
  Interaction: {
    id: encodeInteractionId,
    user: ({ userId }, _args, { loaders }) => loaders.user.load(userId),
    item: ({ itemId }, _args, { loaders }) => loaders.item.load(itemId),
    scenario: ({ scenarioId }, _args, { loaders }) => (scenarioId === null ? null : loaders.scenario.load(scenarioId)),
  },
} satisfies Resolvers;
