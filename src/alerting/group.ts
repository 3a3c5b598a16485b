import { type Labels, labelsKey } from '../base/index.ts'
import type { SloId } from '../slo/index.ts'
import { causesOf, groupBy, mayMerge } from './cause.ts'
import type { Look } from './look.ts'
import type { Consequence, Incident } from './model.ts'
import type { Objective } from './objective.ts'
import { isBlind } from './observe.ts'
import { homeOf, type Region, regionsIn, servicesOf } from './region.ts'
import { rootsOf } from './roots.ts'
import { commonLabels, isInside } from './scope.ts'
import { type AlertingSettings, groupKey, type TrackedIncident } from './state.ts'
import type { StepInput } from './step.ts'
import { byRank, explains, type Subject, subjectOf } from './subject.ts'

/** What is one incident now: the objective that leads, and what fires because of it. */
export interface Group {
  readonly lead: Objective
  /** The open incident that it is already. */
  readonly open: TrackedIncident | undefined
  /** Set when it is a region's or a cloud's failure: which. */
  readonly region: Labels | undefined
  /** What fires because of it, by key. */
  readonly parts: readonly Part[]
  /** Open incidents that are closed into it, oldest first. */
  readonly absorbs: readonly TrackedIncident[]
  /** The open incident ends now. */
  readonly ends: boolean
  /** What it lists as burning belongs to another by now, so that its list must be written anew. */
  readonly left: boolean
}

export interface Part {
  readonly objective: Objective
  readonly because: Consequence['because']
  readonly on: SloId
}

/** Where a subject belongs, and why. */
interface Link extends Omit<Part, 'objective'> {
  readonly to: string
}

export interface GroupOptions {
  readonly input: StepInput
  readonly settings: AlertingSettings
}

/**
 * Everything that fires or is open, each in exactly one group. What is listed in an open incident stays there while that
 * lasts; the rest goes where its region, or what it rests on, goes. Groups come in the order of the SLOs that lead them.
 */
export function groupsOf(look: Look, { input, settings }: GroupOptions): readonly Group[] {
  const { now } = input
  const ending = endingOf(look, { now, settings })
  const subjects = new Map<string, Subject>()
  for (const objective of look.objectives.values()) {
    const subject = subjectOf(objective, input.indicatorOf)
    if (subject === undefined || (!subject.firing && ending.has(subject.own?.incident.id ?? ''))) continue
    subjects.set(subject.key, subject)
  }
  const all = [...subjects.values()]
  const links = new Map<string, Link>()
  const open = look.open.filter(({ incident }) => subjects.has(keyOf(incident)) && !ending.has(incident.id))
  hold(open, { subjects, links, now, settings })
  const causes = causesOf(all, { now, settings, dependsOn: input.dependsOn ?? new Map() })
  const rank = (a: string, b: string): number => {
    const [one, two] = [subjects.get(a), subjects.get(b)]
    return one !== undefined && two !== undefined ? byRank(one, two) : 0
  }
  const causedBy = rootsOf(subjects.keys(), (key) => causes.get(key)?.of.key, rank)
  const regions = house(all, {
    open,
    links,
    settings,
    now,
    rootOf: (key) => causedBy.get(key) ?? key,
    servicesIn: (scope) => countServices(input, scope),
  })
  for (const [key, { of, because }] of causes)
    if (!links.has(key) && !regions.has(key)) links.set(key, { to: of.key, because, on: of.objective.slo.id })
  const roots = rootsOf(subjects.keys(), (key) => links.get(key)?.to, rank)
  const members = groupBy(all, ({ key }) => roots.get(key) ?? key)
  return [...look.objectives].flatMap(([key, objective]): readonly Group[] => {
    const lead = subjects.get(key)
    const group = members.get(key)
    if (lead !== undefined && group !== undefined)
      return [gather(lead, group, { links, roots, region: regions.get(key) })]
    const over = objective.incidents.find(({ incident }) => ending.has(incident.id))
    if (over === undefined) return []
    return [
      { lead: objective, open: over, region: undefined, parts: [], absorbs: [], ends: true, left: false },
    ]
  })
}

const keyOf = ({ slo, objective }: Incident): string => groupKey(slo, objective)

function gather(
  lead: Subject,
  group: readonly Subject[],
  {
    links,
    roots,
    region,
  }: {
    readonly links: ReadonlyMap<string, Link>
    readonly roots: ReadonlyMap<string, string>
    readonly region: Labels | undefined
  },
): Group {
  const others = group.filter((one) => one !== lead)
  const parts = others
    .filter((one) => one.firing)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, objective }): Part => {
      const { because, on } = links.get(key) ?? { because: 'region' as const, on: lead.objective.slo.id }
      return { objective, because, on }
    })
  const absorbs = others
    .flatMap(({ own }) => (own === undefined ? [] : [own]))
    .toSorted((a, b) => (a.incident.id < b.incident.id ? -1 : 1))
  const left = (lead.own?.incident.consequences ?? []).some((each) => {
    const home = roots.get(groupKey(each.slo, each.objective))
    return each.firing && home !== undefined && home !== lead.key
  })
  return { lead: lead.objective, open: lead.own, region, parts, absorbs, ends: false, left }
}

/** Incidents that end in this step: nothing that keeps them open has fired for long enough, with data to say so. */
function endingOf(
  look: Look,
  { now, settings }: { readonly now: number; readonly settings: AlertingSettings },
): ReadonlySet<string> {
  const ending = new Set<string>()
  for (const { incident, calmSince } of look.open) {
    if (incident.byHand || calmSince === undefined || now - calmSince < settings.calmFor) continue
    const lead = look.objectives.get(keyOf(incident))
    if (lead === undefined || isFiring(lead) || isBlind(lead, [], incident.members)) continue
    const kept = incident.consequences.some(({ because, slo, objective }) => {
      const one = look.objectives.get(groupKey(slo, objective))
      return because === 'region' && one !== undefined && isFiring(one)
    })
    if (incident.kind !== 'region' || !kept) ending.add(incident.id)
  }
  return ending
}

const isFiring = ({ alerts }: Objective): boolean => alerts.some((alert) => alert.state === 'firing')

/** What fires and is listed in an open incident, and was not calm for long in between, stays in it. */
function hold(
  open: readonly TrackedIncident[],
  {
    subjects,
    links,
    now,
    settings,
  }: {
    readonly subjects: ReadonlyMap<string, Subject>
    readonly links: Map<string, Link>
    readonly now: number
    readonly settings: AlertingSettings
  },
): void {
  for (const { incident } of open) {
    for (const { slo, objective, because, on, calmSince } of incident.consequences) {
      const subject = subjects.get(groupKey(slo, objective))
      if (subject?.firing !== true || subject.own !== undefined) continue
      if (calmSince !== undefined && now - calmSince > settings.holdFor) continue
      links.set(subject.key, { to: keyOf(incident), because, on })
    }
  }
}

interface Housing {
  readonly open: readonly TrackedIncident[]
  readonly links: Map<string, Link>
  readonly settings: AlertingSettings
  readonly now: number
  readonly rootOf: (key: string) => string
  readonly servicesIn: (scope: Labels) => number
}

/**
 * Links what a region's failure explains to the subject that leads it, an open incident's before any other. Gives the
 * scopes of the regions by the keys of those that lead.
 */
function house(subjects: readonly Subject[], housing: Housing): ReadonlyMap<string, Labels> {
  const { links, settings, now } = housing
  const scopes = new Map<string, Labels>()
  const opened = housing.open
    .filter(({ incident }) => incident.kind === 'region')
    .toSorted((a, b) => (a.incident.id < b.incident.id ? -1 : 1))
  for (const { incident } of opened) scopes.set(keyOf(incident), incident.scope)
  const isFree = (one: Subject): boolean =>
    one.burns && !links.has(one.key) && !scopes.has(one.key) && mayMerge(one, { now, settings })
  const join = (one: Subject, to: string, on: SloId): void => {
    if (one.key !== to) links.set(one.key, { to, because: 'region', on })
  }
  const firing = groupBy(
    subjects.filter((one) => one.burns),
    (one) => links.get(one.key)?.to ?? one.key,
  )
  for (const { incident } of opened) {
    const enough = Math.min(settings.regionServices, Math.max(2, housing.servicesIn(incident.scope)))
    if (servicesOf(firing.get(keyOf(incident)) ?? []) < enough) continue
    for (const one of subjects)
      if (isFree(one) && fits(one, incident.scope, incident.openedAt - settings.regionWithin))
        join(one, keyOf(incident), incident.slo)
  }
  for (const region of regionsIn(subjects.filter(isFree), housing)) {
    const home = opened.find(({ incident }) => isSameCloud(incident.scope, region.scope))?.incident
    const lead = region.natives.toSorted(byRank)[0]
    if (lead === undefined) continue
    const to = home === undefined ? lead.key : keyOf(home)
    const on = home?.slo ?? lead.objective.slo.id
    const known = scopes.get(to)
    scopes.set(to, known === undefined ? region.scope : commonLabels([known, region.scope]))
    for (const one of [...region.natives, ...alsoIn(region, subjects.filter(isFree))]) join(one, to, on)
  }
  return scopes
}

/** Those that cannot say where they burn as exactly as the region, and that the region explains. */
function alsoIn({ natives, scope, from }: Region, free: readonly Subject[]): readonly Subject[] {
  const known = new Set(natives)
  return free.filter((one) => !known.has(one) && fits(one, scope, from))
}

const fits = (one: Subject, scope: Labels, from: number): boolean =>
  homeOf(one) !== undefined && one.onset >= from && explains([scope], one)

const isSameCloud = (a: Labels, b: Labels): boolean => a['cloud_provider'] === b['cloud_provider']

/** Asked only where several services burn, so that all evaluations are looked through a few times at most. */
function countServices({ evaluations, slos }: StepInput, scope: Labels): number {
  const service = new Map(slos.map((slo) => [slo.id, slo.service]))
  const key = labelsKey(scope)
  const found = evaluations.filter((one) => labelsKey(one.scope) === key || isInside(one.scope, scope))
  return new Set(found.map((one) => service.get(one.slo))).size
}
