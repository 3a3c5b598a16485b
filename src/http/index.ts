export type {
  Api,
  Asker,
  Declaration,
  IncidentAction,
  NewSilence,
  RangeOptions,
  Readiness,
  SeriesOptions,
  Until,
} from './api.ts'
export type { GateOverride, GateQuestion, OutwardApi } from './outward-api.ts'
export { createHttpServer, type HttpOptions, type HttpServer, type Mount } from './server.ts'
