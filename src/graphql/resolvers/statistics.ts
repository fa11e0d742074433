import { datasetStatistics } from '../../catalog/dataset-statistics.ts';
import type { Resolvers } from '../generated/resolver-types.ts';

/** What is stored, in numbers. */
export const statistics = {
  Query: {
    datasetStatistics: (_root, _args, { database }) => datasetStatistics(database),
  },
} satisfies Resolvers;
