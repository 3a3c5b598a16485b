import type { Labels, Result, UnixSeconds } from '../../base/index.ts'
import type { CollectorStatus } from '../collector.ts'
import type { Counting } from '../push/intake.ts'
import type { OtlpOptions } from './options.ts'

/** How a request's body is written. */
export type Encoding = 'protobuf' | 'json'

/** One signal of OTLP: reads a request's bytes into something that can be counted. */
export interface Signal {
  /** Decodes and judges everything; never throws for what is in the bytes. The error is a sentence for the sender. */
  readonly read: (body: Uint8Array, encoding: Encoding) => Result<Reading, string>
  /** What people see of the signal; nothing while nothing has come. */
  readonly targets?: () => CollectorStatus['targets']
}

/** What a request holds. */
export interface Reading {
  /** Spans, data points or log records in the request. */
  readonly items: number
  /** Of them, those that cannot be used; told to the sender as partial success. */
  readonly rejected: number
  /** Why, for the sender; empty when none. */
  readonly message: string
  /** Called at most once, and before another request of the signal is read. */
  readonly count: (into: Counting) => void
}

/** What the factories of the signals are given. */
export interface SignalSettings {
  /** The DataSource's name. */
  readonly source: string
  /** On every series; those of the options are among them. */
  readonly labels: Labels
  readonly options: OtlpOptions
  readonly now: () => UnixSeconds
  /** What was last remembered under the key, by this run or one before. */
  readonly recall: (key: string) => string | undefined
}
