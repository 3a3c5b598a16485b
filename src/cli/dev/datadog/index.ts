export {
  createDatadogEmulator,
  type DatadogEmulator,
  type DatadogEmulatorOptions,
  type Fault,
} from './emulator.ts'
export { createShop } from './shop.ts'
export type { EmulatedQuery, Stored } from './timeseries.ts'
