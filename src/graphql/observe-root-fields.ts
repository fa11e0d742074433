import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { Resolvers } from './generated/resolver-types.ts';

type Resolve = (...args: unknown[]) => unknown;

/** The same resolvers, of which those of Query and Mutation are timed, and spans. */
export function observeRootFields(resolvers: Resolvers, metrics: Metrics, tracing: Tracing): Resolvers {
  const observed = { ...resolvers } as Record<string, Record<string, unknown>>;
  for (const type of ['Query', 'Mutation']) {
    const fields = Object.entries(observed[type] ?? {}).map(([field, resolve]) => [
      field,
      observe(`${type}.${field}`, resolve as Resolve, metrics, tracing),
    ]);
    observed[type] = Object.fromEntries(fields);
  }
  return observed as Resolvers;
}

function observe(field: string, resolve: Resolve, metrics: Metrics, tracing: Tracing): Resolve {
  return (...args) =>
    tracing.span(field, {}, async () => {
      const started = performance.now();
      try {
        return await resolve(...args);
      } finally {
        metrics.resolvedRootField(field, (performance.now() - started) / 1000);
      }
    });
}
