import type { ApolloServerPlugin } from '@apollo/server';
import type { DatabaseOutage } from '../../http/database-outage.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import { isDatabaseAway, isOurFault } from '../format-error.ts';
import { retryLater, warmstartErrorOf } from '../refusal.ts';
import type { RequestContext } from '../request-context.ts';

/** Most characters that are kept of the name a client gave an operation. */
const nameLength = 64;

/** Tells metrics, the trace and the log what became of each operation; never its document or its variables. */
export function observationPlugin(
  metrics: Metrics,
  tracing: Tracing,
  outage: DatabaseOutage,
): ApolloServerPlugin<RequestContext> {
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
          if (away) outage.noticed(warmstartErrorOf(away)?.cause ?? away);
          for (const error of errors.filter(isOurFault)) {
            request.logger.error(
              { err: error.originalError ?? error, path: error.path },
              'a resolver failed',
            );
          }
        },
        async willSendResponse({ operation, response: { body, http } }) {
          const { data, errors } = body.kind === 'single' ? body.singleResult : body.initialResult;
          const unavailable = errors?.some(({ extensions }) => extensions?.code === 'UNAVAILABLE');
          if (!data && unavailable) retryLater(http);
          const outcome = errors?.[0] ? String(errors[0].extensions?.code) : 'OK';
          const seconds = (performance.now() - started) / 1000;
          metrics.answeredOperation(operation?.operation ?? 'none', outcome, seconds);
          request.outcome = outcome;
          tracing.describe({ 'warmstart.outcome': outcome });
        },
      };
    },
  };
}
