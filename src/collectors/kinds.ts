import { athena } from './athena/kind.ts'
import { azureMonitor } from './azure/kind.ts'
import { cloudWatch } from './cloudwatch/kind.ts'
import { datadog } from './datadog/kind.ts'
import { envoyAccessLogService, envoyMetricsService } from './envoy-push/kind.ts'
import { envoyStats } from './envoy-stats/kind.ts'
import { googleCloudMonitoring } from './google/kind.ts'
import { httpJson } from './http-json/kind.ts'
import type { SourceKind } from './kind.ts'
import { envoyAccessLog, webLog } from './log/index.ts'
import { mackerel } from './mackerel/kind.ts'
import { openMetrics } from './openmetrics/kind.ts'
import { openTelemetry } from './otlp/kind.ts'
import { probe } from './probe/kind.ts'
import { prometheus } from './prometheus/kind.ts'
import { prometheusRemoteWrite } from './prometheus-push/kind.ts'
import { s3Logs } from './s3/kind.ts'
import { statsd } from './statsd/kind.ts'

/** Everything that Nines can read, by the type that a DataSource names. */
export const SOURCE_KINDS: ReadonlyMap<string, SourceKind> = new Map(
  [
    envoyAccessLog,
    webLog,
    envoyStats,
    envoyAccessLogService,
    envoyMetricsService,
    openMetrics,
    openTelemetry,
    prometheus,
    prometheusRemoteWrite,
    statsd,
    probe,
    athena,
    s3Logs,
    datadog,
    cloudWatch,
    googleCloudMonitoring,
    azureMonitor,
    mackerel,
    httpJson,
  ].map((kind) => [kind.type, kind]),
)
