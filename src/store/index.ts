export type {
  BreakdownOptions,
  Changes,
  Contribution,
  Journal,
  JournalDraft,
  JournalEntry,
  LatencyColumn,
  Ledger,
  SourceInventory,
} from './ledger.ts'
export { openLedger } from './open.ts'
export type { ClusterOptions, EmbeddedOptions, LedgerOptions, Retention } from './options.ts'
export { StoreError } from './store-error.ts'
