import type { Gate, Postmortem, Routes, RouteTest } from '../contract/index.ts'

export type GateQuestion = { readonly slo: string } | { readonly service: string }

export interface GateOverride {
  readonly by: string
  readonly reason: string
  readonly seconds: number
}

/** The part of the API that is about what leaves the house. `undefined`: there is no such thing (404). */
export interface OutwardApi {
  readonly routes: () => Routes
  /** Whom an incident with these labels would be told to. */
  readonly testRoutes: (labels: Readonly<Record<string, string>>) => RouteTest
  /** Whether a deploy may go ahead, by an SLO's id or by a service. */
  readonly gate: (asked: GateQuestion) => Gate
  /** Undefined: there is no such incident. */
  readonly postmortem: (incident: string) => Postmortem | undefined
  readonly openGate: (asked: GateQuestion, by: GateOverride) => Promise<Gate>
}
