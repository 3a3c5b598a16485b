export { createSlackEmulator, type SlackEmulator, type SlackEmulatorOptions } from './emulator.ts'
export { type Call, ConnectionReset, type Fault, type FaultScript } from './faults.ts'
export { BLOCKS_MAX, type BlocksCheck, checkBlocks, TEXT_MAX, textLength } from './limits.ts'
export {
  type Channel,
  type ChannelOptions,
  findChannel,
  type Message,
  repliesTo,
  topLevel,
  type Workspace,
  type WorkspaceOptions,
} from './workspace.ts'
