import { GraphQLJSONObject } from 'graphql-scalars';
import { inputError } from '../../common/errors.ts';
import { dateTime } from '../date-time.ts';
import { exactId } from '../exact-id.ts';
import { type FoundNode, maxNodes } from '../find-nodes.ts';
import type { Resolvers } from '../generated/resolver-types.ts';
import { interactionType } from '../interaction-type.ts';
import { apiKeys } from './api-keys.ts';
import { catalog } from './catalog.ts';
import { explanations } from './explanations.ts';
import { interactions } from './interactions.ts';
import { models } from './models.ts';
import { recommendations } from './recommendations.ts';
import { trainings } from './trainings.ts';

/** Objects of every area, by their global IDs. */
const nodes = {
  Query: {
    node: (_root, { id }, { loaders }) => loaders.node.load(id),
    nodes(_root, { ids }, { loaders }) {
      if (ids.length <= maxNodes) return Promise.all(ids.map((id) => loaders.node.load(id)));
      throw inputError(['ids'], `expected at most ${maxNodes}, got ${ids.length}`);
    },
  },
  Node: { __resolveType: (node) => (node as FoundNode).__typename },
} satisfies Resolvers;

/** One file for each area. It resolves the area's own types, and its fields of Query and Mutation. */
const areas: readonly Resolvers[] = [
  nodes,
  catalog,
  interactions,
  recommendations,
  models,
  apiKeys,
  trainings,
  explanations,
];

const scalars = {
  DateTime: dateTime,
  JSONObject: GraphQLJSONObject,
  InteractionType: interactionType,
  ID: { parseValue: exactId },
};

export const resolvers: Resolvers = { ...scalars, ...join(areas) };

/** Throws if two areas resolve the same field. */
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
