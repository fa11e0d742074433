import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Attributes, Context, Span, SpanOptions } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';

/** Where time goes within requests. Spans know their parents by the asynchronous context in which they begin. */
export interface Tracing {
  /** Runs `work` in a span under the one it is called in; what it rejects with is recorded. */
  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
  /** The same for a request that came in, as a part of the trace that its `traceparent` header (W3C) names, if it has one. */
  request<T>(
    name: string,
    attributes: Attributes,
    traceparent: string | undefined,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Begins a span under the one it is called in that is the parent of none; call what it returns when it is over. */
  begin(name: string, attributes: Attributes): (error?: Error | null) => void;
  /** Says more about the span it is called in. */
  describe(attributes: Attributes, name?: string): void;
  /** Sends what has not been sent, if that takes no longer than 2 s. */
  close(): Promise<void>;
}

/** Does nothing beside the work, and loads nothing. */
export const noTracing: Tracing = {
  span: (_name, _attributes, work) => work(),
  request: (_name, _attributes, _traceparent, work) => work(),
  begin: () => () => {},
  describe: () => {},
  close: async () => {},
};

const serviceName = 'warmstart';
/** How long a collector that does not answer may delay the end. */
const closeMilliseconds = 2000;
/** Most characters of an attribute, as of a long SQL statement. */
const attributeLength = 1000;

/**
 * Sends spans by OTLP over HTTP, as JSON, to `endpoint`, such as `http://localhost:4318/v1/traces`. What else OpenTelemetry's environment
 * variables say (headers, sampler, batches, service name) holds, too. Nothing of it is global: two tracings in a process know nothing of each other.
 * `lost` is called the first time that spans cannot be sent.
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
    spanProcessors: [new sdk.BatchSpanProcessor(tellOnce(new OTLPTraceExporter({ url: endpoint }), lost))],
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

/** The same exporter, which tells the first time that it fails. */
function tellOnce(exporter: SpanExporter, lost: (error?: Error) => void): SpanExporter {
  let told = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error && !told) {
          told = true;
          lost(result.error);
        }
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

/** Of W3C Trace Context, version 00 and what later versions promise to keep of it; `undefined` for anything else. */
function spanContextOf(traceparent: string | undefined) {
  const [, version, traceId, spanId, flags] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(traceparent ?? '') ?? [];
  if (!traceId || !spanId || !flags || version === 'ff') return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}
