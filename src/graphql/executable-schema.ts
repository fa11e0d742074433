import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { projectRoot } from '../project-root.ts';
import { accessRules } from './access-rules.ts';
import { guardFields } from './guard-fields.ts';
import { resolvers } from './resolvers/resolvers.ts';

/** `schema.graphql` with its resolvers, each behind its rule. */
export async function executableSchema(): Promise<GraphQLSchema> {
  const typeDefs = await readFile(join(projectRoot, 'schema.graphql'), 'utf8');
  return guardFields(makeExecutableSchema({ typeDefs, resolvers }), accessRules);
}
