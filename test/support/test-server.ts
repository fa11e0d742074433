import { afterAll, beforeAll } from '@jest/globals';
import { pino } from 'pino';
import { openEngine } from '../../src/engine/engines.ts';
import { ExplanationService } from '../../src/explanation/explanation-service.ts';
import { startServer } from '../../src/graphql/server.ts';
import { RecommendationService } from '../../src/serving/recommendation-service.ts';
import type { testDatabase } from './test-database.ts';

export interface Response {
  readonly status: number;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: { code: string } }[];
}

export interface TestServer {
  /** Sends an operation over HTTP. */
  ask(query: string, variables?: object): Promise<Response>;
  readonly url: string;
}

/** The real server, over HTTP on a free port, for the tests of the calling file. */
export function testServer(db: ReturnType<typeof testDatabase>): TestServer {
  let url = '';
  let close = async () => {};
  beforeAll(async () => {
    const engine = await openEngine('wasm');
    const recommendations = new RecommendationService({ database: db.database, engine, candidates: 1000 });
    const explanations = new ExplanationService({
      database: db.database,
      models: recommendations.models,
      mostCandidates: 1000,
    });
    const server = await startServer(
      { database: db.database, recommendations, explanations, ratingScale: { minimum: 1, maximum: 5 } },
      { host: '127.0.0.1', port: 0, introspection: false, logger: pino({ level: 'silent' }) },
    );
    url = server.url;
    close = async () => {
      await server.close();
      await recommendations.close();
    };
  });
  afterAll(() => close());
  return {
    get url() {
      return url;
    },
    async ask(query, variables = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as Omit<Response, 'status'>) };
    },
  };
}
