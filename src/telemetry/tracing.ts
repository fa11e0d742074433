import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Attributes, Context, Span, SpanOptions } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';

/** Records spans. The parent of a span is the span of the asynchronous context in which it begins. */
export interface Tracing {
  /** Runs `work` in a child of the current span. Records the error if `work` rejects. */
  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
  /** Runs `work` in the root span of a request: part of the trace that its `traceparent` header (W3C) names, if any. */
  request<T>(name: string, attributes: Attributes, traceparent: string | undefined, work: () => Promise<T>): Promise<T>;
  /** Begins a child of the current span that has no children itself. Call the returned function to end it. */
  begin(name: string, attributes: Attributes): (error?: Error | null) => void;
  /** Adds attributes to the current span, and renames it if `name` is given. */
  describe(attributes: Attributes, name?: string): void;
  /** Sends the remaining spans. Gives up after 2 s. */
  close(): Promise<void>;
}

/** Only runs the work. Does not load OpenTelemetry. */
export const noTracing: Tracing = {
  span: (_name, _attributes, work) => work(),
  request: (_name, _attributes, _traceparent, work) => work(),
  begin: () => () => {},
  describe: () => {},
  close: async () => {},
};

const serviceName = 'warmstart';
/** Maximum time that a collector that does not answer can delay the end of the process. */
const closeMilliseconds = 2000;
/** Maximum characters of an attribute, such as a long SQL statement. */
const attributeLength = 1000;

/**
 * Sends spans to `endpoint`, such as `http://localhost:4318/v1/traces`, by OTLP over HTTP, as JSON. The other
 * environment variables of OpenTelemetry (headers, sampler, batches, service name) apply too. It sets nothing globally,
 * so that one process can have several. `lost` is called once, the first time that spans cannot be sent.
 */
export async function openTracing(endpoint: string, lost: (error?: Error) => void): Promise<Tracing> {
  const [api, sdk, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const provider = new sdk.NodeTracerProvider({
    resource: resources
      .resourceFromAttributes({ 'service.name': serviceName })
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanLimits: { attributeValueLengthLimit: attributeLength },
    spanProcessors: [new sdk.BatchSpanProcessor(reportFirstFailure(new OTLPTraceExporter({ url: endpoint }), lost))],
  });
  const tracer = provider.getTracer(serviceName);
  const contexts = new AsyncLocalStorage<Context>();
  const here = () => contexts.getStore() ?? api.ROOT_CONTEXT;

  const end = (span: Span, error?: unknown) => {
    if (error) {
      span.recordException(error as Error);
      span.setStatus({ code: api.SpanStatusCode.ERROR });
    }
    span.end();
  };
  const run = async <T>(name: string, options: SpanOptions, parent: Context, work: () => Promise<T>) => {
    const span = tracer.startSpan(name, options, parent);
    try {
      const result = await contexts.run(api.trace.setSpan(parent, span), work);
      end(span);
      return result;
    } catch (error) {
      end(span, error);
      throw error;
    }
  };
  return {
    span: (name, attributes, work) => run(name, { attributes }, here(), work),
    request(name, attributes, traceparent, work) {
      const remote = spanContextOf(traceparent);
      const parent = remote ? api.trace.setSpanContext(api.ROOT_CONTEXT, remote) : api.ROOT_CONTEXT;
      return run(name, { attributes, kind: api.SpanKind.SERVER }, parent, work);
    },
    begin(name, attributes) {
      const span = tracer.startSpan(name, { attributes, kind: api.SpanKind.CLIENT }, here());
      return (error) => end(span, error);
    },
    describe(attributes, name) {
      const span = api.trace.getSpan(here());
      span?.setAttributes(attributes);
      if (name !== undefined) span?.updateName(name);
    },
    async close() {
      const late = setTimeout(closeMilliseconds, undefined, { ref: false });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

/** Returns an exporter that also calls `lost` the first time it fails. */
function reportFirstFailure(exporter: SpanExporter, lost: (error?: Error) => void): SpanExporter {
  let reported = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error && !reported) {
          reported = true;
          lost(result.error);
        }
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

/** Parses W3C Trace Context: version 00, and the part that later versions must keep. `undefined` for anything else. */
function spanContextOf(traceparent: string | undefined) {
  const [, version, traceId, spanId, flags] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags || version === 'ff') return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}
