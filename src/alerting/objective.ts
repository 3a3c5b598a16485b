import type { Evaluation, Slo } from '../slo/index.ts'
import type { Alert, TrackedIncident } from './state.ts'

/** Everything known of one objective of one SLO at one instant. */
export interface Objective {
  readonly slo: Slo
  readonly name: string
  /** By the keys of their scopes, in the order of these. */
  readonly evaluations: ReadonlyMap<string, Evaluation>
  /** As they are after this step. */
  readonly alerts: readonly Alert[]
  /** Its incidents, oldest first; at most one is open. */
  readonly incidents: readonly TrackedIncident[]
}
