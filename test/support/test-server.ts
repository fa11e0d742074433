import { afterAll, beforeAll } from '@jest/globals';
import { pino } from 'pino';
import { createApiKey } from '../../src/access/api-keys.ts';
import { authenticator } from '../../src/access/authenticate.ts';
import type { EndUserTokenSettings } from '../../src/access/end-user-token-settings.ts';
import { readConfig } from '../../src/config.ts';
import { openEngine } from '../../src/engine/engines.ts';
import { ExplanationService } from '../../src/explanation/explanation-service.ts';
import { InteractionWriter } from '../../src/interactions/interaction-writer.ts';
import { LiveCatalog } from '../../src/live-catalog/live-catalog.ts';
import { type ServerOptions, startServer } from '../../src/server/start-server.ts';
import { RecommendationService } from '../../src/serving/recommendation-service.ts';
import type { Database } from '../../src/store/database.ts';
import { traceServing } from '../../src/telemetry/serving-observer.ts';
import { noTracing } from '../../src/telemetry/tracing.ts';
import type { testDatabase } from './test-database.ts';

export interface Response {
  readonly status: number;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: { code: string } }[];
}

export interface AskOptions {
  readonly authorization?: string | null;
}

export interface TestServerOptions extends Partial<ServerOptions> {
  /** How tokens of end users are verified. Default: tokens are not accepted. */
  readonly endUserTokens?: EndUserTokenSettings;
  readonly explanations?: ExplanationService;
}

export interface TestServer {
  /**
   * Sends an operation over HTTP, by default with an admin key; `authorization: null` sends no credential. The server
   * verifies the credential, even if it has just verified it for another request.
   */
  ask(query: string, variables?: object, options?: AskOptions): Promise<Response>;
  readonly url: string;
  /** The `Authorization` header with an admin key, for requests that do not use `ask`. */
  readonly authorization: string;
  /** Makes the server verify the next credential, so that the statements of a request can be counted. */
  forgetCallers(): void;
}

/** The number of SQL statements that an operation sent by `ask` needs to authenticate its key. */
export const keyLookUp = 1;

/** Tests send far more requests in a minute than a caller should. */
const limits = {
  ...readConfig({}).limits,
  costPerMinute: 1e9,
  userCostPerMinute: 1e9,
  requestsPerMinute: 1e6,
  failedAuthenticationsPerMinute: 1e6,
};

/** Starts the real server, over HTTP on a free port, for the tests of the calling file. */
export function testServer(
  db: ReturnType<typeof testDatabase>,
  { endUserTokens, explanations = new ExplanationService(), ...options }: TestServerOptions = {},
): TestServer {
  let url = '';
  let admin = '';
  let close = async () => {};
  let forgetCallers = () => {};
  let catalog: LiveCatalog;
  let lists: RecommendationService;
  beforeAll(async () => {
    const engine = await openEngine('wasm');
    const ratingScale = { minimum: 1, maximum: 5 };
    catalog = await LiveCatalog.open({ connections: db.pool });
    const recommendations = new RecommendationService({
      ...{ catalog, database: db.database, connections: db.pool },
      engine,
      candidates: 1000,
      ratingScale,
      ...(options.metrics && {
        observer: traceServing(
          options.metrics,
          options.tracing ?? noTracing,
          options.logger ?? pino({ level: 'silent' }),
        ),
      }),
    });
    lists = recommendations;
    // As `serve` does before it listens.
    await recommendations.ready();
    const callers = authenticator(db.pool, endUserTokens);
    forgetCallers = callers.forget;
    const server = await startServer(
      {
        ...{ database: db.database, catalog, recommendations, explanations, ratingScale },
        interactions: new InteractionWriter(db.pool),
        authenticator: callers,
      },
      {
        host: '127.0.0.1',
        port: 0,
        introspection: false,
        logger: pino({ level: 'silent' }),
        limits,
        // Tests share the machine.
        operationSeconds: 60,
        drainSeconds: 0,
        ...options,
      },
    );
    admin = `Bearer ${await adminKey(db.database)}`;
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
    get authorization() {
      return admin;
    },
    forgetCallers: () => forgetCallers(),
    async ask(query, variables = {}, { authorization = admin } = {}) {
      forgetCallers();
      // Tests also write to the database directly. A server notices that within a second.
      await catalog.refresh();
      await lists.ready();
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(authorization === null ? {} : { authorization }),
        },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as Omit<Response, 'status'>) };
    },
  };
}

/** A key whose last use is not recorded, so that the statements of a request can be counted. */
async function adminKey(database: Database): Promise<string> {
  const { apiKey, secret } = await createApiKey(database, { name: 'tests', role: 'ADMIN' });
  const tomorrow = new Date(Date.now() + 86_400_000);
  await database.apiKey.update({ where: { id: apiKey.id }, data: { lastUsedAt: tomorrow } });
  return secret;
}
