import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Authenticate } from '../access/authenticate.ts';
import { anonymous } from '../access/principal.ts';
import { WarmstartError } from '../errors.ts';
import { authenticationPlugin } from './authentication-plugin.ts';
import { executableSchema } from './executable-schema.ts';
import { formatErrorWith } from './format-error.ts';
import { createLoaders } from './loaders.ts';
import type { RequestContext, Services } from './request-context.ts';

const largestBody = '100kb';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly introspection: boolean;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
}

export interface GraphQLServer {
  readonly url: string;
  /** Answers the requests under way, refuses new ones. */
  close(): Promise<void>;
}

/**
 * Serves `schema.graphql` at `/graphql`, over POST; a GET needs the headers that a cross-site form cannot send.
 * Throws INVALID_CONFIGURATION when the address cannot be listened on.
 */
export async function startServer(services: Services, options: ServerOptions): Promise<GraphQLServer> {
  const app = express().disable('x-powered-by');
  const httpServer = createServer(app);
  const apollo = new ApolloServer<RequestContext>({
    schema: await executableSchema(),
    introspection: options.introspection,
    hideSchemaDetailsFromClientErrors: !options.introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: formatErrorWith(options.logger),
    logger: options.logger,
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer }),
      ApolloServerPluginLandingPageDisabled(),
      authenticationPlugin(options.authenticate),
    ],
  });
  await apollo.start();
  const context = async () => ({
    ...services,
    loaders: createLoaders(services.database),
    serving: services.recommendations.session(),
    principal: anonymous,
  });
  app.use('/graphql', express.json({ limit: largestBody }), expressMiddleware(apollo, { context }));
  app.use(answerUnreadable);
  try {
    await listen(httpServer, options);
  } catch (error) {
    await apollo.stop();
    throw error;
  }
  return { url: urlOf(httpServer.address() as AddressInfo), close: () => apollo.stop() };
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `WARMSTART_HOST, WARMSTART_PORT: cannot listen on ${host}:${port}: ${cause.message}`;
      reject(new WarmstartError('INVALID_CONFIGURATION', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

/** A body that cannot be read is answered in GraphQL's form, not as the HTML page with a stack that Express makes. */
const answerUnreadable: ErrorRequestHandler = (error, _request, response, _next) => {
  const status = typeof error.status === 'number' ? error.status : 500;
  const message = error.expose ? error.message : 'internal server error';
  response.status(status).json({
    errors: [{ message, extensions: { code: status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR' } }],
  });
};

function urlOf({ address, family, port }: AddressInfo): string {
  const loopback = address === '127.0.0.1' || address === '::1';
  const host = loopback ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}/graphql`;
}
