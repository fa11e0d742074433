import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { projectRoot } from '../common/project-root.ts';
import { type OperationLayer, type OperationLayerOptions, operationLayers } from './operation-layers.ts';
import type { RequestContext } from './request-context.ts';
import { resolvers } from './resolvers/resolvers.ts';

/** Maximum validation errors of one document: each costs time and adds a message to the response. */
const maxErrors = 20;

export interface ApolloOptions extends OperationLayerOptions {
  readonly logger: Logger;
}

/** Returns an Apollo Server, not started, that executes `schema.graphql` behind all `operationLayers`. */
export async function createApolloServer(options: ApolloOptions): Promise<ApolloServer<RequestContext>> {
  const { introspection, logger } = options;
  const layers = operationLayers(options);
  return new ApolloServer<RequestContext>({
    schema: await executableSchema(layers),
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    // Any client could fill their cache.
    persistedQueries: false,
    validationOptions: { maxErrors },
    logger,
    ...Object.assign({}, ...layers.map(({ settings }) => settings)),
    plugins: [
      ...layers.flatMap(({ plugin = [] }) => plugin),
      ApolloServerPluginLandingPageDisabled(),
      // Would wrap the resolver of every field. No response may be cached.
      ApolloServerPluginCacheControlDisabled(),
    ],
  });
}

/** Resolvers are wrapped from the innermost layer, which is the last, to the outermost. */
async function executableSchema(layers: readonly OperationLayer[]): Promise<GraphQLSchema> {
  const typeDefs = await readFile(join(projectRoot, 'schema.graphql'), 'utf8');
  return layers.reduceRight(
    (schema, { wrapResolvers }) => wrapResolvers?.(schema) ?? schema,
    makeExecutableSchema({ typeDefs, resolvers }),
  );
}
