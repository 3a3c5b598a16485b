import type { Labels, Result, World } from '../base/index.ts'
import type { ExternalQuery } from '../traffic/index.ts'
import type { Collector } from './collector.ts'
import type { OptionProblem } from './option-reader.ts'

/** A type of DataSource: what reads it, and how its `connectionDetails` are written. */
export interface SourceKind {
  /** What people write as `spec.type`. */
  readonly type: string
  /** Checks all details at once; nothing is opened before the collector runs. */
  readonly open: (world: World, opening: Opening) => Result<Collector, readonly OptionProblem[]>
}

export interface Opening {
  /** The DataSource's name. */
  readonly name: string
  /** The input's name, the same for every run; empty when the source is read as one. */
  readonly input: string
  /** Added to every series: those of the DataSource, and of the input when it has several. */
  readonly labels: Labels
  /** `connectionDetails` without the labels, as plain values; of one input when there are several. */
  readonly details: Readonly<Record<string, unknown>>
  /** Where relative paths begin. */
  readonly base: string
  /** Names this run of this input; no two runs share it. */
  readonly run: string
  /** What the definitions ask of the source in its own language now; asked again before each read. */
  readonly questions: () => readonly ExternalQuery[]
}
