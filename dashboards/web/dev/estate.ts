import { z } from 'zod'
import {
  type ApiProblem,
  calendarEvents,
  contributors,
  days,
  diagnosis,
  exemplar,
  type Fleet,
  fleet,
  type IncidentDetail,
  type IncidentSummary,
  incidentDetail,
  incidentSummary,
  type LiveEvent,
  latencyMap,
  liveEvent,
  meta,
  preview,
  review,
  type SloDetail,
  type SloSummary,
  serviceDetail,
  serviceGroups,
  serviceLatency,
  services,
  sloDetail,
  sloSeries,
  source,
} from '../../../src/contract/index.ts'
import { contributorsOf, exemplarsOf, latencyOf } from './answers.ts'
import { cloudsOf, evaluateScope, type Kept, seriesOf, summarise } from './evaluate.ts'
import { createHistory } from './history.ts'
import { createIncidents, type Story } from './incidents.ts'
import { daysOf, eventsOf, previewOf, reviewOf } from './insights.ts'
import { profiles } from './profiles.ts'
import {
  diagnosisAt,
  groupsOf,
  knownServices,
  type ServiceAsked,
  serviceExemplarsOf,
  serviceLatencyOf,
  serviceOf,
  servicesOf,
} from './services.ts'
import { metaAt, sourcesAt } from './sources.ts'
import { yamlOf } from './yaml.ts'

/** `empty`: nothing is defined yet. `thousand`, `large`: so many promises, ten thousand. `broken`: every answer is a failure. */
export type Scenario = 'estate' | 'empty' | 'thousand' | 'large' | 'broken'

interface Context {
  readonly now: number
  readonly body: unknown
}

export interface Answer {
  readonly status: number
  readonly value: unknown
  /** What everybody who listens should hear because of it. */
  readonly event?: LiveEvent
}

export interface Estate {
  readonly answer: (path: string, query: URLSearchParams, context: Context) => Promise<Answer>
  readonly tick: (now: number) => LiveEvent
}

const action = z.object({
  kind: z.enum(['acknowledge', 'unacknowledge', 'note']),
  by: z.string().min(1),
  text: z.string().optional(),
})

export function createEstate({ start, scenario }: { start: number; scenario: Scenario }): Estate {
  const kept: Kept[] =
    scenario === 'empty'
      ? []
      : profiles.map((p, i) => ({ profile: p, history: createHistory(p, start, i + 1) }))
  const byId = new Map(kept.map((k) => [k.profile.id, k]))
  const stories = scenario === 'empty' ? [] : createIncidents(start)
  const summaries = (now: number): SloSummary[] => {
    const all = kept.map((k) => summarise(k, now, openIncident(stories, k.profile.slo)))
    if (scenario !== 'large' && scenario !== 'thousand') return all
    return Array.from({ length: scenario === 'large' ? 10_000 : 1_000 }, (_, i) => {
      const one = all[(i * 7) % all.length] ?? all[0]
      if (one === undefined) throw new Error('the estate has no promises to repeat')
      const service = `${one.service}-${Math.floor(i / all.length)}`
      return { ...one, id: `${one.id}-${i}`, name: `${one.name} ${i}`, service }
    })
  }

  function fleetAt(now: number): z.infer<typeof fleet> {
    const slos = summaries(now)
    const states = { ok: 0, watch: 0, burning: 0, exhausted: 0, unknown: 0 }
    for (const s of slos) states[s.whole.state] += 1
    return { now, sentence: sentenceOf(slos), states, slos }
  }

  function incidentOf(story: Story, now: number): IncidentDetail {
    const k = [...byId.values()].find((one) => one.profile.slo === story.slo)
    return {
      ...story,
      now,
      evaluation: k ? evaluateScope(k, story.scope, now) : null,
      owner: k?.profile.owner ?? '',
      runbook: k?.profile.runbook ?? '',
    }
  }

  const summaryOf = (story: Story): IncidentSummary => incidentSummary.parse(story)

  function ofSlo(k: Kept, rest: string | undefined, query: URLSearchParams, now: number): Answer {
    if (rest === undefined) return good(sloDetail, detailOf(k, now, stories))
    const from = Number(query.get('from') ?? now - 86_400)
    const to = Number(query.get('to') ?? now)
    const scope = scopeOf(query.get('scope'))
    if (rest === 'series') {
      const points = Number(query.get('points') ?? 300)
      const incidents = stories
        .filter((s) => s.slo === k.profile.slo && s.startedAt < to && (s.resolvedAt ?? now) > from)
        .map((s) => ({ id: s.id, from: s.startedAt, to: s.resolvedAt, severity: s.severity }))
      return good(sloSeries, { ...seriesOf(k, scope, { from, to, points, now }), incidents })
    }
    if (rest === 'contributors') {
      const by = (query.get('by') ?? 'cloud_provider').split(',')
      return good(
        contributors,
        contributorsOf(k, { from, to, scope, by, limit: Number(query.get('limit') ?? 10) }),
      )
    }
    if (rest === 'days') {
      const offset = Number(query.get('offset') ?? 0)
      return good(days, daysOf(k, { scope, count: Number(query.get('count') ?? 365), offset, now }))
    }
    if (rest === 'latency')
      return good(
        latencyMap,
        latencyOf(k, { from, to, scope, columns: Number(query.get('columns') ?? 100), now }),
      )
    if (rest === 'exemplars') {
      const limit = Number(query.get('limit') ?? 10)
      return good(z.object({ exemplars: z.array(exemplar) }), {
        exemplars: exemplarsOf(k, { from, to, scope, limit, now }),
      })
    }
    return missing(rest)
  }

  function act(id: string, body: unknown, now: number): Answer {
    const story = stories.find((s) => s.id === id)
    if (story === undefined) return missing(id)
    const { kind, by, text } = action.parse(body)
    if (kind === 'acknowledge') story.acknowledged = { by, at: now }
    if (kind === 'unacknowledge') story.acknowledged = null
    const entry = { at: now, by, ...entryOf(kind, text) }
    story.timeline.push(entry)
    return {
      ...good(incidentDetail, incidentOf(story, now)),
      event: { type: 'incident', incident: summaryOf(story) },
    }
  }

  return {
    answer: async (path, query, { now, body }) => {
      if (scenario === 'broken')
        return {
          status: 503,
          value: problem(503, 'The store cannot be reached', 'Look at /readyz of the service.'),
        }
      const [, , kind, rawId, rest] = path.split('/')
      const id = decodeURIComponent(rawId ?? '')
      if (kind === 'meta') return good(meta, metaAt(now, start - 86_400, kept.length, scenario === 'estate'))
      if (kind === 'slos' && rawId === undefined) return good(fleet, fleetAt(now))
      if (kind === 'sources')
        return good(z.object({ sources: z.array(source) }), {
          sources: scenario === 'empty' ? [] : sourcesAt(now),
        })
      if (kind === 'incidents' && rawId === undefined) {
        const state = query.get('state')
        const list = stories.filter((s) => state === null || s.state === state).map(summaryOf)
        return good(z.object({ incidents: z.array(incidentSummary) }), { incidents: list })
      }
      if (kind === 'incidents' && rest === 'actions') return act(id, body, now)
      if (kind === 'incidents') {
        const story = stories.find((s) => s.id === id)
        return story ? good(incidentDetail, incidentOf(story, now)) : missing(id)
      }
      if (kind === 'diagnosis') return good(diagnosis, diagnosisAt(now, scenario === 'empty'))
      if (kind === 'services') return ofService(kept, { name: id, rest, query, now })
      const k = byId.get(id)
      if (kind === 'slos') return k ? ofSlo(k, rest, query, now) : missing(id)
      return insightOf({ kept, fleetAt, scenario, start }, { kind, query, now, body })
    },
    tick: (now) => {
      const { sentence, states, slos } = fleetAt(now)
      return liveEvent.parse({ type: 'fleet', now, sentence, states, changed: slos.slice(0, 14) })
    },
  }
}

function ofService(
  kept: readonly Kept[],
  { name, rest, query, now }: { name: string; rest: string | undefined; query: URLSearchParams; now: number },
): Answer {
  if (name === '') return good(services, servicesOf(kept, askedOf(query, now)))
  const known = knownServices(kept).find((one) => one.name === name)
  if (known === undefined) return missing(name)
  const asked = {
    ...askedOf(query, now),
    points: Number(query.get('points') ?? query.get('columns') ?? 24),
  }
  if (rest === 'groups') {
    const by = (query.get('by') ?? 'operation').split(',')
    return good(serviceGroups, groupsOf(known, { ...asked, by, limit: Number(query.get('limit') ?? 50) }))
  }
  if (rest === 'latency') return good(serviceLatency, serviceLatencyOf(known, asked))
  if (rest === 'exemplars')
    return good(z.object({ exemplars: z.array(exemplar) }), {
      exemplars: serviceExemplarsOf(known, { ...asked, limit: Number(query.get('limit') ?? 10) }),
    })
  const found = serviceOf(known, asked)
  return found ? good(serviceDetail, found) : missing(name)
}

function askedOf(query: URLSearchParams, now: number): ServiceAsked {
  const length = { '1h': 3_600, '6h': 21_600, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 }[
    query.get('range') ?? '6h'
  ]
  return {
    from: Number(query.get('from') ?? now - (length ?? 21_600)),
    to: Number(query.get('to') ?? now),
    now,
    scope: scopeOf(query.get('scope')),
    source: query.get('source') ?? undefined,
    points: 24,
  }
}

interface InsightParts {
  readonly kept: readonly Kept[]
  readonly fleetAt: (now: number) => Fleet
  readonly scenario: Scenario
  readonly start: number
}

function insightOf(
  { kept, fleetAt, scenario, start }: InsightParts,
  {
    kind,
    query,
    now,
    body,
  }: { kind: string | undefined; query: URLSearchParams; now: number; body: unknown },
): Answer {
  const range = { from: Number(query.get('from') ?? 0), to: Number(query.get('to') ?? now) }
  switch (kind ?? '') {
    case 'preview': {
      const found = previewOf(kept, body, now)
      return found ? good(preview, found) : missing('preview')
    }
    case 'review': {
      const states = new Map(fleetAt(now).slos.map((s) => [s.id, s.state]))
      return good(
        review,
        reviewOf(kept, range, (slo) => states.get(slo) ?? 'unknown'),
      )
    }
    case 'events':
      return good(calendarEvents, scenario === 'empty' ? { range, events: [] } : eventsOf(range, start))
    default:
      return missing(kind ?? '')
  }
}

function openIncident(stories: readonly Story[], slo: string): string | null {
  return stories.find((s) => s.slo === slo && s.state === 'open')?.id ?? null
}

function detailOf(k: Kept, now: number, stories: readonly Story[]): SloDetail {
  const clouds = cloudsOf(k.profile)
  const places = k.profile.places
  const scopes = [
    ...(clouds.length > 1 ? clouds.map((cloud) => ({ cloud_provider: cloud })) : []),
    ...(places.length > 1 ? places.map((p) => ({ cloud_provider: p.cloud, cloud_region: p.region })) : []),
  ].map((scope) => evaluateScope(k, scope, now))
  const left = (e: (typeof scopes)[number]): number => e.windows[0]?.budget.leftRatio ?? 1
  return {
    ...summarise(k, now, openIncident(stories, k.profile.slo)),
    now,
    description: k.profile.description,
    runbook: k.profile.runbook,
    policy: { name: 'google-30d', source: 'https://sre.google/workbook/alerting-on-slos/' },
    noData: 'freeze',
    minBadEvents: 10,
    scopes: scopes.sort((a, b) => left(a) - left(b)),
    incidents: stories.filter((s) => s.slo === k.profile.slo).map((s) => s.id),
    origin: yamlOf(k.profile, now),
  }
}

function good<T>(schema: z.ZodType<T>, value: T): Answer {
  return { status: 200, value: schema.parse(value) }
}

function missing(what: string): Answer {
  return { status: 404, value: problem(404, 'There is no such thing', what) }
}

function problem(status: number, title: string, detail: string): ApiProblem {
  return { title, status, detail }
}

function entryOf(
  kind: 'acknowledge' | 'unacknowledge' | 'note',
  text: string | undefined,
): { kind: string; text: string } {
  if (kind === 'note') return { kind: 'note', text: text ?? '' }
  return kind === 'acknowledge'
    ? { kind: 'acknowledged', text: 'Acknowledged' }
    : { kind: 'unacknowledged', text: 'Acknowledgement taken back' }
}

function scopeOf(text: string | null): Record<string, string> {
  if (text === null || text === '') return {}
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', value = ''] = pair.split('=')
      return [name, value]
    }),
  )
}

function sentenceOf(slos: readonly SloSummary[]): string {
  const burning = slos.filter((s) => s.whole.state === 'burning')
  if (slos.length === 0) return 'No promise is defined yet.'
  if (burning.length === 0) return `None of ${slos.length} promises is burning.`
  const worst = burning.toSorted((a, b) => left(a) - left(b))[0]
  const window = worst?.whole.windows[0]
  const gone = window?.exhaustion.kind === 'in' ? `, gone in ${goneIn(window.exhaustion.seconds)}` : ''
  const be = burning.length === 1 ? 'is' : 'are'
  return `${burning.length} of ${slos.length} promises ${be} burning. Worst: ${worst?.name}, ${Math.floor((window?.budget.leftRatio ?? 0) * 100)} % left${gone}.`
}

function left(s: SloSummary): number {
  return s.whole.windows[0]?.budget.leftRatio ?? 1
}

function goneIn(seconds: number): string {
  return seconds < 259_200 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}
