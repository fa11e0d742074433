import { countPositives, declareInteractionTypes } from '../../catalog/declare-interaction-types.ts';
import { declaredTypes } from '../../catalog/interaction-types.ts';
import { interactionTypeProblem } from '../../catalog/interaction-value.ts';
import { inputError } from '../../common/errors.ts';
import { deleteInteractions } from '../../interactions/delete-interactions.ts';
import { listInteractions, type TimedPlace } from '../../interactions/find-interactions.ts';
import type { LiveCatalog } from '../../live-catalog/live-catalog.ts';
import type { Interaction } from '../../store/database.ts';
import { type ListOrder, pageOf } from '../connection.ts';
import type { Resolvers } from '../generated/resolver-types.ts';
import { decodeInteractionId, encodeInteractionId } from '../global-id.ts';
import { recordBatch } from '../record-batch.ts';
import { payloadOf, userErrorOf } from '../user-errors.ts';

/** Cursors have no negative numbers, so times are counted from the year 1. */
const yearOne = BigInt(Date.parse('0001-01-01T00:00:00.000Z'));

const placeInTime = ({ occurredAt, id }: TimedPlace) => [BigInt(occurredAt.getTime()) - yearOne, id] as const;
const timedPlace = ([time, id]: readonly bigint[]): TimedPlace => {
  return { occurredAt: new Date(Number((time as bigint) + yearOne)), id: id as bigint };
};

const userByUser: ListOrder<Interaction> = {
  name: 'interactions',
  types: ['integer', 'time', 'bigint'],
  placeOf: (interaction) => [BigInt(interaction.userId), ...placeInTime(interaction)],
};

const ofOneUser: ListOrder<Interaction> = {
  name: 'user.interactions',
  types: ['time', 'bigint'],
  placeOf: placeInTime,
};

/** Interactions of users with items, and the types that they can have. */
export const interactions = {
  Query: {
    interactionTypes: async (_root, _args, { database }) => [...(await declaredTypes(database)).all],
    async interactions(_root, { types, ...page }, { database, catalog }) {
      await checkTypes(catalog, types);
      return pageOf(userByUser, page, (limit, place) => {
        const after = place && { userId: Number(place[0]), ...timedPlace(place.slice(1)) };
        return listInteractions(database, { limit, after, types });
      });
    },
  },
  Mutation: {
    async recordInteractions(_root, { input: { interactions, createMissing } }, context) {
      const { results, errors } = await recordBatch(context, context.principal, interactions, createMissing);
      return { results: [...results], userErrors: errors.map(userErrorOf) };
    },
    declareInteractionTypes: (_root, { input }, { database }) =>
      payloadOf(() =>
        database.$transaction(async (transaction) => {
          const query = <Row>(text: string, values: readonly unknown[]) =>
            transaction.$queryRawUnsafe<Row[]>(text, ...values);
          const { types, changesCounts } = await declareInteractionTypes(query, input.types);
          if (changesCounts) await countPositives(query);
          return { interactionTypes: [...types.all] };
        }, declarationTimes),
      ),
    deleteInteractions: (_root, { input: { interactions } }, { database }) =>
      payloadOf(async () => {
        await deleteInteractions(database, interactions.map(decodeInteractionId));
        return { deletedIds: interactions };
      }),
  },
  User: {
    async interactions({ id }, { types, ...page }, { loaders, catalog }) {
      await checkTypes(catalog, types);
      return pageOf(ofOneUser, page, (limit, place) =>
        loaders.interactionsOfUser({ limit, after: place && timedPlace(place), types }).load(id),
      );
    },
  },
  Interaction: {
    id: encodeInteractionId,
    user: ({ userId }, _args, { loaders }) => loaders.user.load(userId),
    item: ({ itemId }, _args, { loaders }) => loaders.item.load(itemId),
    scenario: ({ scenarioId }, _args, { loaders }) => (scenarioId === null ? null : loaders.scenario.load(scenarioId)),
  },
} satisfies Resolvers;

/** Counting a hundred million interactions again takes minutes. */
const declarationTimes = { timeout: 10 * 60 * 1000 };

/** Throws BAD_USER_INPUT for a type that is not declared. */
async function checkTypes(catalog: LiveCatalog, types: readonly string[] | null | undefined): Promise<void> {
  await catalog.awaitTypes(types ?? []);
  for (const [index, type] of (types ?? []).entries()) {
    const problem = interactionTypeProblem(catalog.types, type);
    if (problem) throw inputError(['types', index], problem);
  }
}
