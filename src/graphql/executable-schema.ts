import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { projectRoot } from '../common/project-root.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { accessRules } from './access-rules.ts';
import { guardFields } from './guard-fields.ts';
import { observeRootFields } from './observe-root-fields.ts';
import { resolvers } from './resolvers/resolvers.ts';

/** `schema.graphql` with its resolvers, each behind its rule; those of Query and Mutation are timed. */
export async function executableSchema(metrics: Metrics, tracing: Tracing): Promise<GraphQLSchema> {
  const typeDefs = await readFile(join(projectRoot, 'schema.graphql'), 'utf8');
  const observed = observeRootFields(resolvers, metrics, tracing);
  return guardFields(makeExecutableSchema({ typeDefs, resolvers: observed }), accessRules);
}
