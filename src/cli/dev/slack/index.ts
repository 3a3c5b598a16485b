export { type DeliveryOptions, signedDelivery } from './delivery.ts'
export { createSlackEmulator, type SlackEmulator, type SlackEmulatorOptions } from './emulator.ts'
export { type Call, ConnectionReset, type Fault, type FaultScript } from './faults.ts'
export type { AppLine, Delivered, Done, Interactor } from './interact.ts'
export { BLOCKS_MAX, type BlocksCheck, checkBlocks, checkView, TEXT_MAX, textLength } from './limits.ts'
export {
  type Channel,
  type ChannelOptions,
  findChannel,
  type Message,
  type OpenView,
  repliesTo,
  topLevel,
  type Workspace,
  type WorkspaceOptions,
} from './workspace.ts'
