import type { GateQuestion, OutwardApi } from '../http/index.ts'
import type { BriefSources } from './briefs.ts'
import type { Shown } from './loop.ts'
import type { Outward } from './outward.ts'
import { postmortemOf } from './postmortem.ts'
import { COMPOSITE } from './slice-composite.ts'

/** The part of the API that is about what leaves the house. */
export function outwardAnswers({
  outward,
  briefs,
  shown,
}: {
  readonly outward: Outward
  readonly briefs: BriefSources
  readonly shown: () => Shown | undefined
}): OutwardApi {
  const promises = (asked: GateQuestion) =>
    (shown()?.summaries ?? []).filter((slo) =>
      'slo' in asked
        ? slo.id === asked.slo || slo.slo === asked.slo
        : slo.service === asked.service && slo.objective !== COMPOSITE,
    )
  const nameOf = (asked: GateQuestion): string =>
    'slo' in asked ? `SLO ${asked.slo}` : `service ${asked.service}`
  const gate: OutwardApi['gate'] = (asked) => outward.budgets.gate(promises(asked), nameOf(asked))
  return {
    routes: outward.routes,
    testRoutes: outward.testRoutes,
    gate,
    postmortem: (id) => postmortemOf(briefs, id),
    openGate: async (asked, by) => {
      await outward.budgets.override({ about: nameOf(asked), ...by })
      return gate(asked)
    },
  }
}
