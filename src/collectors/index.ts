export type { Collector, CollectorStatus, Sink } from './collector.ts'
