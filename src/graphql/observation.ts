import type { ApolloServerPlugin } from '@apollo/server';
import type { FormattedExecutionResult, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { isDatabaseAway, isOurFault, retryLater, warmstartErrorOf } from './format-error.ts';
import type { RequestContext } from './request-context.ts';
import { wrapResolvers } from './wrap-resolvers.ts';

/** Maximum length of an operation's name in a trace: the client chooses it. */
const nameLength = 64;

/** What an operation reports to. */
export interface Observers {
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Called with each error that says that the database is away. */
  readonly databaseAway: (error: unknown) => void;
}

/** Reports each operation to metrics, trace and log; never its document or its variables. */
export function observationPlugin({ metrics, tracing, databaseAway }: Observers): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart({ contextValue: { request } }) {
      const started = performance.now();
      return {
        async didResolveOperation({ operation, operationName }) {
          if (!operation) return;
          tracing.describe(
            {
              'graphql.operation.type': operation.operation,
              ...(operationName !== null && { 'graphql.operation.name': operationName.slice(0, nameLength) }),
            },
            `graphql ${operation.operation}`,
          );
        },
        async didEncounterErrors({ errors }) {
          const away = errors.find(isDatabaseAway);
          if (away) databaseAway(warmstartErrorOf(away)?.cause ?? away);
          for (const error of errors.filter(isOurFault)) {
            request.logger.error({ err: error.originalError ?? error, path: error.path }, 'a resolver failed');
          }
        },
        async willSendResponse({ operation, response: { body, http } }) {
          const { data, errors } = body.kind === 'single' ? body.singleResult : body.initialResult;
          if (errors && allUnavailable(data, errors)) retryLater(http);
          const outcome = errors?.[0] ? String(errors[0].extensions?.code) : 'OK';
          const seconds = (performance.now() - started) / 1000;
          metrics.answeredOperation(operation?.operation ?? 'none', outcome, seconds);
          request.answered(outcome);
          tracing.describe({ 'warmstart.outcome': outcome });
        },
      };
    },
  };
}

/** Whether a response has nothing but UNAVAILABLE: no data, or `null` for every field of Query or Mutation. */
function allUnavailable(data: FormattedExecutionResult['data'], errors: readonly GraphQLFormattedError[]): boolean {
  const unavailable = errors.filter(({ extensions }) => extensions?.code === 'UNAVAILABLE');
  if (!data) return unavailable.length > 0;
  const fields = new Set(unavailable.map(({ path }) => path?.[0]));
  return Object.entries(data).every(([field, value]) => value === null && fields.has(field));
}

/** Times the resolvers of Query and Mutation and makes each a span, in place. */
export function observeRootFields(schema: GraphQLSchema, { metrics, tracing }: Observers): GraphQLSchema {
  return wrapResolvers(schema, (resolve, type, name) => {
    if (type !== 'Query' && type !== 'Mutation') return resolve;
    const field = `${type}.${name}`;
    return (...args) =>
      tracing.span(field, {}, async () => {
        const started = performance.now();
        try {
          return await resolve(...args);
        } finally {
          metrics.resolvedRootField(field, (performance.now() - started) / 1000);
        }
      });
  });
}
