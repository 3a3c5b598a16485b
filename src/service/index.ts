export { type BackfilledInput, type BackfillOptions, backfillSources } from './backfill.ts'
export type { ServiceOptions, SlackOptions, StoreOptions } from './options.ts'
export { createService, type Service } from './service.ts'
export { inputsIn, sourceFaults } from './sources.ts'
