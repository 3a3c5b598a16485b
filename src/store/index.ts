export type {
  BreakdownOptions,
  Changes,
  Contribution,
  Journal,
  JournalDraft,
  JournalEntry,
  LatencyColumn,
  LatencyGroup,
  LatencyGroupsAsked,
  Ledger,
  SourceInventory,
  TrafficAsked,
  TrafficGroup,
} from './ledger.ts'
export { openLedger } from './open.ts'
export type { ClusterOptions, EmbeddedOptions, LedgerOptions, Retention } from './options.ts'
export { StoreError } from './store-error.ts'
