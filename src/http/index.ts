export type { Api, IncidentAction, RangeOptions, Readiness, SeriesOptions } from './api.ts'
