import { setTimeout as delay } from 'node:timers/promises'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { type DestinationStream, type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import { type Clock, type Fields, type Log, type Tracer, unixSeconds, type World } from './base/index.ts'

/** The world as it is. This file alone touches the clock, the network and randomness. */

export interface SystemOptions {
  readonly logLevel: string
  /** People read `pretty`, machines `json`. */
  readonly logFormat: 'json' | 'pretty'
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface System extends World, AsyncDisposable {}

export const systemClock: Clock = {
  now: () => unixSeconds(Math.floor(Date.now() / 1000)),
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : {})
  },
}

/** Nothing is exported, and nothing listens, until something is traced and an OTLP endpoint is configured. */
export function createSystem(options: SystemOptions): System {
  const tracing = createTracing(options.env)
  return {
    clock: systemClock,
    log: toLog(createLogger(options)),
    fetch: globalThis.fetch,
    random: Math.random,
    trace: tracing.tracer,
    [Symbol.asyncDispose]: tracing.stop,
  }
}

// Talk goes to stderr; stdout is for data.
function createLogger(options: SystemOptions): Logger {
  const stream: DestinationStream =
    options.logFormat === 'pretty'
      ? pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
      : pino.destination({ dest: 2, sync: false })
  return pino(
    {
      level: options.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err },
    },
    stream,
  )
}

function toLog(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields) => toLog(logger.child(fields)),
  }
}

interface Tracing {
  readonly tracer: Tracer
  readonly stop: () => Promise<void>
}

const untraced: Tracing = {
  tracer: { span: (_name, _attributes, work) => work() },
  stop: () => Promise.resolve(),
}

/**
 * Spans over our own work, sent by the standard variables (`OTEL_EXPORTER_OTLP_ENDPOINT`, …). Without an endpoint, or
 * with `OTEL_SDK_DISABLED=true`, nothing is recorded at all.
 */
function createTracing(env: SystemOptions['env']): Tracing {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT']
  if (endpoint === undefined || endpoint === '' || env['OTEL_SDK_DISABLED'] === 'true') return untraced
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'nines' }))
      .merge(detectResources({ detectors: [envDetector] })),
    // A slow receiver loses spans, never time: the queue is bounded and drops.
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter(), { maxQueueSize: 2_048 })],
  })
  provider.register()
  const tracer = trace.getTracer('nines')
  return {
    tracer: {
      span: (name, attributes, work) =>
        tracer.startActiveSpan(name, { attributes: toAttributes(attributes) }, async (span) => {
          try {
            return await work()
          } catch (error) {
            span.setStatus({
              code: SpanStatusCode.ERROR,
              message: error instanceof Error ? error.message : 'failed',
            })
            throw error
          } finally {
            span.end()
          }
        }),
    },
    stop: () => provider.shutdown(),
  }
}

function toAttributes(fields: Fields): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      attributes[name] = value
  }
  return attributes
}
