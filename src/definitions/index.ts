export type { DataSource, DefinedSlo, Definitions, Origin, Problem, ServiceDefinition } from './model.ts'
