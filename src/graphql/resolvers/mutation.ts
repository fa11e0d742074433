import { recordInteraction } from '../../interactions/record-interaction.ts';
import type { MutationResolvers } from '../generated/resolver-types.ts';

export const mutation: MutationResolvers = {
  recordInteraction: (_root, { input }, { database, ratingScale }) =>
    recordInteraction(database, ratingScale, input),
};
