import { GraphQLDateTime, GraphQLJSONObject } from 'graphql-scalars';
import type { Resolvers } from '../generated/resolver-types.ts';
import { item, scenario, user } from './catalog.ts';
import { interaction } from './interaction.ts';
import { mutation } from './mutation.ts';
import { query } from './query.ts';
import { modelVersion, recommendationEdge } from './recommendation-edge.ts';

/** A row for every type of the schema whose fields are more than what its value carries by the same name. */
export const resolvers: Resolvers = {
  DateTime: GraphQLDateTime,
  JSONObject: GraphQLJSONObject,
  Query: query,
  Mutation: mutation,
  User: user,
  Item: item,
  Scenario: scenario,
  Interaction: interaction,
  RecommendationEdge: recommendationEdge,
  ModelVersion: modelVersion,
};
