export {
  type CloudWatchEmulator,
  type CloudWatchEmulatorOptions,
  createCloudWatchEmulator,
  type EmulatedMetric,
} from './emulator.ts'
export type { LogRow } from './logs.ts'
