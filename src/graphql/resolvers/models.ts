import type { Resolvers } from '../generated/resolver-types.ts';
import { encodeGlobalId } from '../global-id.ts';

/** Trained models, and which of them serve. */
export const models = {
  ModelVersion: {
    id: ({ id }) => encodeGlobalId('ModelVersion', id),
    number: ({ id }) => id,
  },
} satisfies Resolvers;
