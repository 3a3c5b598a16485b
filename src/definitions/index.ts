export type { DefinitionFile } from './documents.ts'
export { type LoadOptions, loadDefinitions } from './load.ts'
export type {
  AlertingWishes,
  Correction,
  DataSource,
  DefinedSlo,
  Definitions,
  Journey,
  JourneyNode,
  NotificationTarget,
  Origin,
  PolicyTemplate,
  Problem,
  ProviderSla,
  ServiceDefinition,
  Stretch,
  TrafficEvent,
} from './model.ts'
export { PROBLEMS, type ProblemCode } from './problems.ts'
export { compileRegex } from './regex.ts'
