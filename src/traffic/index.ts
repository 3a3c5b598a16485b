export { type Exemplar, type Histogram, type Outcome, OVERFLOW, type TrafficRow } from './model.ts'
export type { ExternalQuery, IndicatorQuery, MetricQuery, RequestQuery } from './query.ts'
export type { Selector } from './selector.ts'
export type { Checkpoint, CountRow, CoverageSpan, LedgerStep, SplitSeries } from './step.ts'
