import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import { readConfig } from '../../src/config.ts';

/** A server in a process of its own. */
export interface BareApollo {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts what the server is compared with: Apollo Server on Express, with the same maximum size of a body and nothing
 * else. It answers `{ __typename }`.
 */
export async function startBareApollo(): Promise<BareApollo> {
  const child = fork(import.meta.filename, { env: { ...process.env, NODE_ENV: 'production' } });
  const [url] = (await once(child, 'message')) as [string];
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** The child process: listens on a free port and sends its URL to the parent. */
async function serve(send: (url: string) => void): Promise<void> {
  const apollo = new ApolloServer({ typeDefs: 'type Query { nothing: String }' });
  await apollo.start();
  const app = express();
  app.use('/graphql', express.json({ limit: readConfig({}).limits.bodyBytes }), expressMiddleware(apollo));
  const server = app.listen(0, '127.0.0.1', () =>
    send(`http://localhost:${(server.address() as AddressInfo).port}/graphql`),
  );
}

if (process.argv[1] === import.meta.filename && process.send) {
  // Ctrl+C can end the parent before it stops this process.
  process.once('disconnect', () => process.exit());
  await serve(process.send.bind(process));
}
