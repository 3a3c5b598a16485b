export { createLogCollector } from './collector.ts'
export {
  type IngestedFile,
  type IngestOptions,
  type IngestProgress,
  type IngestReport,
  ingestFiles,
} from './ingest.ts'
export { envoyAccessLog, webLog } from './kind.ts'
export {
  LOG_FORMATS,
  type LogFormat,
  type LogOptions,
  logSourceOptions,
} from './options.ts'
export { REJECTIONS } from './record.ts'
export type { RejectedLine } from './tally.ts'
