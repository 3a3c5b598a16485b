export type { Collector, CollectorStatus, Sink } from './collector.ts'
export { createEnvoyStatsCollector, type EnvoyStatsSettings } from './envoy-stats/collector.ts'
export { createSystemResolver, type Resolve } from './envoy-stats/discovery.ts'
export { type EnvoyStatsOptions, envoyStatsOptions, type OptionFault } from './envoy-stats/options.ts'
export {
  createLogCollector,
  type IngestedFile,
  type IngestOptions,
  type IngestProgress,
  type IngestReport,
  ingestFiles,
  LOG_FORMATS,
  type LogFormat,
  type LogOptionProblem,
  type LogOptions,
  logSourceOptions,
  REJECTIONS,
  type RejectedLine,
} from './log/index.ts'
