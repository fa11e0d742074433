import type { GraphQLFieldResolver } from 'graphql';
import { GraphQLDateTime, GraphQLJSONObject } from 'graphql-scalars';
import type { Resolvers } from '../generated/resolver-types.ts';
import { renewLoaders } from '../loaders.ts';
import type { RequestContext } from '../request-context.ts';
import { apiKeys } from './api-keys.ts';
import { catalog } from './catalog.ts';
import { explanations } from './explanations.ts';
import { interactions } from './interactions.ts';
import { models } from './models.ts';
import { nodes } from './nodes.ts';
import { recommendations } from './recommendations.ts';
import { statistics } from './statistics.ts';
import { trainings } from './trainings.ts';

/** A file an area; each has rows for its own types, and its fields of Query and Mutation. */
const areas: readonly Resolvers[] = [
  nodes,
  catalog,
  interactions,
  recommendations,
  models,
  apiKeys,
  trainings,
  statistics,
  explanations,
];

const scalars = { DateTime: GraphQLDateTime, JSONObject: GraphQLJSONObject };

/** Throws when two areas have the same field. */
function join(all: readonly Resolvers[]): Resolvers {
  const joined: Record<string, Record<string, unknown>> = {};
  for (const area of all) {
    for (const [type, fields] of Object.entries(area)) {
      joined[type] ??= {};
      for (const [field, resolve] of Object.entries(fields)) {
        if (Object.hasOwn(joined[type], field)) throw new Error(`two areas resolve ${type}.${field}`);
        joined[type][field] = resolve;
      }
    }
  }
  return joined as Resolvers;
}

/** What one mutation of a request has changed, its payload and the next one's see. */
function forgettingLoaded(joined: Resolvers): Resolvers {
  const mutations = Object.entries((joined.Mutation ?? {}) as Record<string, MutationResolver>);
  const forgetting = mutations.map(([field, mutate]) => {
    const resolve: MutationResolver = async (root, args, context, info) => {
      const payload = await mutate(root, args, context, info);
      renewLoaders(context.loaders, context.database);
      return payload;
    };
    return [field, resolve];
  });
  return { ...joined, Mutation: Object.fromEntries(forgetting) };
}

type MutationResolver = (...call: Parameters<GraphQLFieldResolver<unknown, RequestContext>>) => unknown;

export const resolvers: Resolvers = { ...scalars, ...forgettingLoaded(join(areas)) };
