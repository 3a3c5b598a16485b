import type { PerMillion, Seconds } from '../base/index.ts'
import type { Severity } from '../slo/index.ts'
import type { IncidentKind } from './model.ts'

/** How much of an organisation an incident asks for: by rule, not by anyone's mood. Lowest first in a policy. */
export interface ResponseLevel {
  /** `normal`, `urgent`, `all-hands`. */
  readonly name: string
  /** One of these is enough; none: it holds always, as the lowest level does. */
  readonly when: readonly LevelCondition[]
  /** Whom to tell beyond the routes, by the names that routes use. */
  readonly notify: readonly string[]
}

/** All that is written must hold. */
export interface LevelCondition {
  readonly severity?: Severity
  readonly kind?: IncidentKind
  /** The incident spent at least this part of the budget. */
  readonly spent?: PerMillion
  /** At most this part of the headline window's budget is left; 0: nothing. */
  readonly left?: PerMillion
  /** At least so many services are concerned. */
  readonly services?: number
  /** It has been open for so long. */
  readonly lasting?: Seconds
  /** One of these services is concerned. */
  readonly anyService?: readonly string[]
}
