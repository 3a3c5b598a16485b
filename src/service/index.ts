export type { ServiceOptions, SlackOptions, StoreOptions } from './options.ts'
export { createService, type Service } from './service.ts'
