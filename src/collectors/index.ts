export { type DdlOptions, tableDdl } from './athena/ddl.ts'
export { type AthenaOptions, athenaOptions } from './athena/options.ts'
export { sqlOf } from './athena/source.ts'
export type { Collected, CollectOptions, Collector, CollectorStatus, Sink } from './collector.ts'
export { type DatadogSlos, readDatadogSlos } from './datadog/slos.ts'
export { createEnvoyStatsCollector, type EnvoyStatsSettings } from './envoy-stats/collector.ts'
export { createSystemResolver, type Resolve } from './envoy-stats/discovery.ts'
export { type EnvoyStatsOptions, envoyStatsOptions } from './envoy-stats/options.ts'
export type { Opening, SourceKind } from './kind.ts'
export { SOURCE_KINDS } from './kinds.ts'
export {
  createLogCollector,
  type IngestedFile,
  type IngestOptions,
  type IngestProgress,
  type IngestReport,
  ingestFiles,
  LOG_FORMATS,
  type LogFormat,
  type LogOptions,
  logSourceOptions,
  REJECTIONS,
  type RejectedLine,
} from './log/index.ts'
export type { OptionProblem } from './option-reader.ts'
export { isPhases, phasesOf } from './probe/collector.ts'
