export {
  type Accumulator,
  type AccumulatorOptions,
  type Addition,
  type Additions,
  createAccumulator,
  createSeriesTable,
  type Drained,
  type SeriesHandle,
  type SeriesTable,
} from './accumulator.ts'
export { ENVOY_FLAGS, type EnvoyFlag } from './envoy-flags.ts'
export { GRPC_NAMES, GRPC_SERVER_ERRORS, grpcStatusOf } from './grpc.ts'
export {
  HEALTH_CHECK_AGENTS,
  HEALTH_CHECK_PATHS,
  HEALTH_CHECK_SERVICES,
  type HealthCheckRules,
} from './health-check.ts'
export {
  BINS,
  binAtEdge,
  binLower,
  binOf,
  binUpper,
  countBelow,
  edgesAround,
  HistogramBuilder,
  mergeHistograms,
  quantileOf,
  totalOf,
} from './histogram.ts'
export {
  createJudge,
  DEFAULT_ABORT,
  type Judgement,
  type JudgeOptions,
  judge,
  type RequestFacts,
} from './judge.ts'
export { type Exemplar, type Histogram, type Outcome, OVERFLOW, type TrafficRow } from './model.ts'
export { createOperations, ID, operationOf } from './operation.ts'
export {
  dataSourceOf,
  type ExternalQuery,
  type ExternalReading,
  type IndicatorQuery,
  type MetricQuery,
  questionSource,
  type RequestQuery,
} from './query.ts'
export { REASONS, type Reason } from './reason.ts'
export {
  type Matcher,
  narrowSelector,
  type ParsedSelector,
  parseSelector,
  type RegexCompiler,
  renameLabels,
  type Selector,
  type SelectorError,
} from './selector.ts'
export type { Checkpoint, CountRow, CoverageSpan, LedgerStep, SplitSeries } from './step.ts'
export { formatDuration, parseThreshold } from './threshold.ts'
