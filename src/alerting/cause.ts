import type { SloId } from '../slo/index.ts'
import type { Consequence } from './model.ts'
import type { AlertingSettings } from './state.ts'
import type { StepInput } from './step.ts'
import { byRank, explains, type Subject, touches } from './subject.ts'

/** Why one subject is a consequence of another. */
export interface Cause {
  readonly of: Subject
  readonly because: Consequence['because']
}

export interface CauseOptions {
  readonly now: number
  readonly settings: AlertingSettings
  readonly dependsOn: NonNullable<StepInput['dependsOn']>
}

/**
 * The cause of each subject that has one, by its key: what it rests on before the availability of its service, and of
 * several the one that leads by rank. Only what burns is caused; what burns, or leads an incident that is still open,
 * causes.
 */
export function causesOf(subjects: readonly Subject[], options: CauseOptions): ReadonlyMap<string, Cause> {
  const causes = new Map<string, Cause>()
  const active = subjects.filter(isCause)
  const bySlo = groupBy(active, ({ objective }) => objective.slo.id)
  const available = groupBy(
    active.filter((subject) => subject.indicator === 'availability'),
    ({ objective }) => objective.slo.service,
  )
  for (const subject of subjects) {
    if (!subject.burns) continue
    const cause =
      restsOn(subject, { ...options, bySlo }) ??
      inhibitedBy(subject, available.get(subject.objective.slo.service) ?? [], options)
    if (cause !== undefined) causes.set(subject.key, cause)
  }
  return causes
}

/** It burns, or it did until a moment ago: its incident is still open, and nothing else is wrong in it. */
const isCause = ({ burns, firing, own }: Subject): boolean =>
  burns || (own !== undefined && !firing && own.incident.peakRate > 0)

function restsOn(
  subject: Subject,
  options: CauseOptions & { readonly bySlo: ReadonlyMap<SloId, readonly Subject[]> },
): Cause | undefined {
  const { dependsOn, bySlo } = options
  const { id } = subject.objective.slo
  const seen = new Set<SloId>([id])
  const found: Subject[] = []
  // Beyond what burns nobody looks: that has its own cause.
  for (let next = dependsOn.get(id) ?? []; next.length > 0; ) {
    const further: SloId[] = []
    for (const one of next) {
      if (seen.has(one)) continue
      seen.add(one)
      const here = (bySlo.get(one) ?? []).filter(
        (cause) => touches(cause.places, subject) && mayCause(cause, subject, options),
      )
      found.push(...here)
      if (here.length === 0) further.push(...(dependsOn.get(one) ?? []))
    }
    next = further
  }
  const of = found.toSorted(byRank)[0]
  return of === undefined ? undefined : { of, because: 'depends' }
}

function inhibitedBy(
  subject: Subject,
  available: readonly Subject[],
  options: CauseOptions,
): Cause | undefined {
  if (subject.indicator !== 'latency') return undefined
  const of = available
    .filter((cause) => explains(cause.places, subject) && mayCause(cause, subject, options))
    .toSorted(byRank)[0]
  return of === undefined ? undefined : { of, because: 'latency' }
}

/**
 * Whether the times fit. What began well after its supposed consequence did not cause it, and a slow burn of days does
 * not explain why something pages now.
 */
function mayCause(cause: Subject, subject: Subject, { now, settings }: CauseOptions): boolean {
  if (cause.objective.slo.id === subject.objective.slo.id) return false
  if (cause.onset > subject.onset + settings.causeWithin) return false
  if (subject.severity === 'page' && cause.severity === 'ticket')
    if (cause.onset < subject.onset - settings.freshWithin) return false
  return mayMerge(subject, { now, settings })
}

/**
 * Whether its own open incident, when it has one, may still be closed into another: people have not worked with it for
 * long, nobody keeps it open, and it did not come out of another before. A ticket that nobody took on may be whenever it
 * becomes a page.
 */
export function mayMerge(
  { own, severity }: Subject,
  { now, settings }: { readonly now: number; readonly settings: AlertingSettings },
): boolean {
  if (own === undefined) return true
  const { incident, released, reckoned, graveSince } = own
  if (released === true || incident.byHand) return false
  if (now - graveSince <= settings.mergeWithin) return true
  return reckoned === 'ticket' && severity === 'page' && incident.acknowledged === undefined
}

export function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
