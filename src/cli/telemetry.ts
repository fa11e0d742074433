import { type Logger, pino } from 'pino';
import type { Config } from '../config.ts';
import { redactedPaths } from '../http/request-log.ts';
import type { StatementObserver } from '../store/observe-statements.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { noTracing, openTracing, type Tracing } from '../telemetry/tracing.ts';

/** The log, metrics and traces of a process. */
export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Creates a span for every SQL statement; `undefined` if traces are off. */
  readonly observeStatement: StatementObserver | undefined;
}

/** In milliseconds: how long a line may wait for others, with which it is written. */
const maxDelay = 100;
/** In bytes. A pipe takes up to 4096 at once, so that the lines of several processes do not mix. */
const written = 3500;

/** Returns a log that is written to standard error, at the latest when the process ends. */
export function openLog({ logLevel }: Config): Logger {
  const destination = pino.destination({ dest: 2, minLength: written, periodicFlush: maxDelay });
  return pino({ level: logLevel, redact: redactedPaths }, destination);
}

/** Logs to standard error. Sends traces to `tracesEndpoint` if it is set. */
export async function openTelemetry(config: Config, metrics = new Metrics()): Promise<Telemetry> {
  const { tracesEndpoint } = config;
  const logger = openLog(config);
  const lost = (error?: Error) =>
    logger.warn({ reason: error?.message }, 'cannot send traces, so they are lost; this is logged only once');
  const tracing = tracesEndpoint === undefined ? noTracing : await openTracing(tracesEndpoint, lost);
  return {
    logger,
    metrics,
    tracing,
    observeStatement: tracing === noTracing ? undefined : statementSpans(tracing),
  };
}

/** The SQL text contains no values, because values are sent as parameters. */
function statementSpans(tracing: Tracing): StatementObserver {
  return (text) => {
    const operation = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
    return tracing.begin(operation, { 'db.system.name': 'postgresql', 'db.query.text': text.trim() });
  };
}
