import { Command } from 'commander';
import { pino } from 'pino';
import { type Config, readConfig } from '../config.ts';
import { ExplanationService } from '../explanation/explanation-service.ts';
import { type GraphQLServer, startServer } from '../graphql/server.ts';
import { RecommendationService } from '../serving/recommendation-service.ts';
import { onInterruption } from './interruption.ts';
import { openStore, type Store } from './open-store.ts';
import { print } from './print.ts';
import { startEngine } from './start-engine.ts';

export function serveCommand(): Command {
  return new Command('serve').description('serve the GraphQL API').action(async () => {
    const config = readConfig(process.env);
    const store = await openStore(config);
    try {
      const server = await servePlatform(config, store);
      print(`${store.place}\nGraphQL on ${server.url}`);
      await untilInterrupted();
      await server.close();
    } finally {
      await store.close();
    }
  });
}

/**
 * Serves an open store. Closing the server leaves the store open.
 * Throws INVALID_CONFIGURATION when the address cannot be listened on.
 */
export async function servePlatform(config: Config, { database }: Store): Promise<GraphQLServer> {
  const engine = await startEngine(config);
  const recommendations = new RecommendationService({ database, engine, candidates: config.candidates });
  const { models } = recommendations;
  const explanations = new ExplanationService({ database, models, mostCandidates: config.candidates });
  const { host, port, introspection, ratingScale } = config;
  const logger = pino({ level: config.logLevel }, pino.destination(2));
  try {
    await recommendations.warmUp();
    await explanations.warmUp();
    const server = await startServer(
      { database, recommendations, explanations, ratingScale },
      { host, port, introspection, logger },
    );
    return {
      url: server.url,
      async close() {
        await server.close();
        await recommendations.close();
      },
    };
  } catch (error) {
    await recommendations.close();
    throw error;
  }
}

/** Resolves when the process is asked to stop. */
export function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => onInterruption(resolve));
}
