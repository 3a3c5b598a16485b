import type { StepInput } from '../alerting/index.ts'
import type { Definitions } from '../definitions/index.ts'

/**
 * What alerting needs of the definitions: what there is, what rests on what, and what each indicator is about. A journey
 * is about both, so that it stands for neither.
 */
export function alertingInput(
  { slos }: Definitions,
  dependsOn: NonNullable<StepInput['dependsOn']>,
): Pick<StepInput, 'slos' | 'quietEnds' | 'dependsOn' | 'indicatorOf'> {
  const latency = new Set(slos.filter(({ within }) => within !== undefined).map(({ slo }) => slo.id))
  return {
    slos: slos.map(({ slo }) => slo),
    quietEnds: new Set(slos.filter(({ alerting }) => !alerting.whenResolved).map(({ slo }) => slo.id)),
    dependsOn,
    indicatorOf: (slo) => (dependsOn.has(slo) ? undefined : latency.has(slo) ? 'latency' : 'availability'),
  }
}
