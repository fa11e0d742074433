import { GraphQLDateTime, GraphQLJSONObject } from 'graphql-scalars';
import type { Resolvers } from '../generated/resolver-types.ts';
import { catalog } from './catalog.ts';
import { explanations } from './explanations.ts';
import { interactions } from './interactions.ts';
import { models } from './models.ts';
import { recommendations } from './recommendations.ts';

/** A file an area; each has rows for its own types, and its fields of Query and Mutation. */
const areas: readonly Resolvers[] = [catalog, interactions, recommendations, models, explanations];

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

export const resolvers: Resolvers = { ...scalars, ...join(areas) };
