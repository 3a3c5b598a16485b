import type { Action, Silence, SilenceRequest } from '../../../alerting/index.ts'
import type { Result } from '../../../base/index.ts'
import type { SloState } from '../../../slo/index.ts'
import type { IncidentBrief } from '../../brief.ts'

/** What people in Slack reach of the service. All that they change goes through `act`, which is written down first. */
export interface IncidentPort {
  /** `changed`: false when it was so already; `incident`: what it was done to. A sentence when it cannot be done. */
  readonly act: (action: Action) => Promise<Result<Acted, string>>
  /** As of the last evaluation, without what only the ledger knows; undefined when there is no such incident. */
  readonly brief: (incident: string) => IncidentBrief | undefined
  /** What is open, newest first. */
  readonly open: () => readonly IncidentBrief[]
  /** Quiet that covers what its matchers say; a sentence when it cannot be. */
  readonly silence: (asked: SilenceRequest) => Promise<Result<Silence, string>>
  readonly endSilence: (asked: {
    readonly id: string
    readonly by: string
  }) => Promise<Result<Silence, string>>
  /** Those that are not over, newest first. */
  readonly silences: () => readonly Silence[]
  /** Worst first. */
  readonly promises: () => readonly PromiseLine[]
}

export interface Acted {
  readonly changed: boolean
  readonly incident: string | undefined
}

/** One promise as `/nines status` shows it. */
export interface PromiseLine {
  readonly name: string
  readonly service: string
  readonly state: SloState
  /** In percent, as people wrote it. */
  readonly target: string
  readonly window: string
  /** 0..1, below zero when overspent; undefined when nobody can say. */
  readonly left: number | undefined
  /** Its page; empty when there is none. */
  readonly url: string
}
