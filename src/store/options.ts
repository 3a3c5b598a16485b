/** Where the ledger is and how long it keeps what. */
export type LedgerOptions = (EmbeddedOptions | ClusterOptions) & { readonly retention: Retention }

export interface EmbeddedOptions {
  readonly kind: 'embedded'
  /** A directory of its own; made when absent. One process at a time. */
  readonly path: string
}

export interface ClusterOptions {
  readonly kind: 'cluster'
  /** `http://clickhouse:8123` */
  readonly url: string
  readonly database: string
  readonly username?: string
  readonly password?: string
  /** The cluster's name in ClickHouse: tables are made ON CLUSTER and replicated. Absent: one server. */
  readonly cluster?: string
}

/** In whole days, counted from the minute or instant of the data. */
export interface Retention {
  readonly traffic: number
  readonly exemplars: number
  /** Absent: decisions are kept for good. */
  readonly journal?: number
}
