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
