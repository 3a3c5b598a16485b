export { type Exported, exportDatadog } from './datadog-export.ts'
export { type Imported, importDatadog } from './datadog-import.ts'
export {
  createDefinitionsDirectory,
  type DefinitionsDirectory,
  type DirectoryOptions,
} from './directory.ts'
export type { DefinitionFile } from './documents.ts'
export { type ReadTree, readDefinitionFile, readTree } from './files.ts'
export { formatProblems, type ProblemFormat } from './format.ts'
export { journeyId, journeyNamed } from './journey-row.ts'
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
export { expandCorrections, occurrencesOf } from './occurrences.ts'
export { fitPolicy } from './policies.ts'
export { PROBLEMS, type ProblemCode } from './problems.ts'
export { compileRegex } from './regex.ts'
export { definitionsJsonSchema, type JsonSchema } from './schema.ts'
export { SHIPPED_POLICIES } from './shipped-policies.ts'
