export type { Api, IncidentAction, RangeOptions, Readiness, SeriesOptions } from './api.ts'
export type { GateOverride, GateQuestion, OutwardApi } from './outward-api.ts'
export { createHttpServer, type HttpOptions, type HttpServer, type Mount } from './server.ts'
