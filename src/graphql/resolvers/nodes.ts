import { WarmstartError } from '../../common/errors.ts';
import { type FoundNode, maxNodes } from '../find-nodes.ts';
import type { Resolvers } from '../generated/resolver-types.ts';

/** Objects by their global ids. */
export const nodes = {
  Query: {
    node: (_root, { id }, { loaders }) => loaders.node.load(id),
    nodes(_root, { ids }, { loaders }) {
      if (ids.length <= maxNodes) return Promise.all(ids.map((id) => loaders.node.load(id)));
      const message = `ids: expected at most ${maxNodes}, got ${ids.length}`;
      throw new WarmstartError('BAD_USER_INPUT', message, { field: ['ids'] });
    },
  },
  Node: { __resolveType: (node) => (node as FoundNode).__typename },
} satisfies Resolvers;
