import { type Logger, pino } from 'pino';
import type { Config } from '../config.ts';
import { redactedPaths } from '../http/request-log.ts';
import type { StatementObserver } from '../store/observe-statements.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { noTracing, openTracing, type Tracing } from '../telemetry/tracing.ts';

/** What a process tells its operator by. */
export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Makes a span of every SQL statement; `undefined` without traces. */
  readonly observeStatement: StatementObserver | undefined;
}

/** Logs go to standard error; traces to where the operator said, if anywhere. */
export async function openTelemetry({ logLevel, tracesEndpoint }: Config): Promise<Telemetry> {
  const logger = pino({ level: logLevel, redact: redactedPaths }, pino.destination(2));
  const lost = (error?: Error) =>
    logger.warn({ reason: error?.message }, 'traces cannot be sent, and are lost; this is said once');
  const tracing = tracesEndpoint === undefined ? noTracing : await openTracing(tracesEndpoint, lost);
  return {
    logger,
    metrics: new Metrics(),
    tracing,
    observeStatement: tracing === noTracing ? undefined : statementSpans(tracing),
  };
}

/** The text has no values in it: those are parameters. */
function statementSpans(tracing: Tracing): StatementObserver {
  return (text) => {
    const operation = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
    return tracing.begin(operation, { 'db.system.name': 'postgresql', 'db.query.text': text.trim() });
  };
}
