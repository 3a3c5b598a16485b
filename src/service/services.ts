import { earlier, type Labels, seconds } from '../base/index.ts'
import { isPhases } from '../collectors/index.ts'
import type * as wire from '../contract/index.ts'
import type { Api } from '../http/index.ts'
import type { TrafficGroup } from '../store/index.ts'
import { OVERFLOW, type Selector } from '../traffic/index.ts'
import { roundStep } from './drill.ts'
import { detailOf, exemplarsOf, groupsOf, latencyOf } from './service-answers.ts'
import { type Knowledge, knowledgeOf } from './service-coverage.ts'
import { sourcesAskedFor } from './service-slos.ts'
import { lineOf, totalsOf } from './service-traffic.ts'
import { type Found, lookOf, rangeOf, type ServicesParts, summaryOf } from './service-view.ts'

/** What has no service of its own: requests whose source could not tell, and those beyond its bound on series. */
const UNNAMED = '__unnamed__'
/** How far back a service is looked for that had nothing in the range. */
const REMEMBERED = 30 * 86_400
/** Buckets of a row's spark. */
const SPARK = 24

type ServicesApi = Pick<Api, 'services' | 'service' | 'serviceGroups' | 'serviceLatency' | 'serviceExemplars'>
type Asked = Parameters<Api['service']>[1]

/** What services had, read from the ledger, each source by itself. Nothing here judges: outcomes are the source's. */
export function createServices(parts: ServicesParts): ServicesApi {
  return {
    services: (asked) => listOf(parts, asked),
    service: async (service, asked) => {
      const found = await find(parts, service, asked)
      return found && detailOf(parts, found, asked)
    },
    serviceGroups: async (service, asked) => {
      const found = await findAt(parts, service, asked)
      return found && groupsOf(parts, found, asked)
    },
    serviceLatency: async (service, asked) => {
      const found = await findAt(parts, service, asked)
      return found && latencyOf(parts, found, asked)
    },
    serviceExemplars: async (service, asked) => {
      const found = await findAt(parts, service, asked)
      return found && exemplarsOf(parts, found, asked)
    },
  }
}

const serviceOf = (labels: Labels): string =>
  labels['service_name'] ?? (OVERFLOW in labels ? OVERFLOW : UNNAMED)

const selectorOf = (service: string): Selector => ({
  text: `{service=${JSON.stringify(service)}}`,
  matches: (labels) => serviceOf(labels) === service,
})

async function listOf(
  parts: ServicesParts,
  asked: { readonly from: number; readonly to: number },
): Promise<wire.Services> {
  const { ledger } = parts
  const step = roundStep(asked, SPARK)
  const range = rangeOf(asked, parts.now())
  const [traffic, latencies] = await Promise.all([
    ledger.traffic({ by: ['service_name', 'cloud_provider'], range, width: seconds(step) }),
    ledger.latencyGroups({ by: ['service_name'], range }),
  ])
  const rows = new Map<string, { service: string; source: string; groups: TrafficGroup[] }>()
  const rowOf = (service: string, source: string) => {
    const key = JSON.stringify([service, source])
    const row = rows.get(key) ?? { service, source, groups: [] }
    rows.set(key, row)
    return row
  }
  // How long the parts of a probe took is no service's traffic.
  for (const group of traffic)
    if (!isPhases(group.source)) rowOf(serviceOf(group.labels), group.source).groups.push(group)
  const shown = parts.shown()
  for (const { service, source } of sourcesAskedFor(shown)) rowOf(service, source)
  const knowledge = new Map<string, Knowledge>()
  for (const { source } of rows.values())
    if (!knowledge.has(source)) knowledge.set(source, (await lookOf(parts, source, { ...asked, step })).known)
  return {
    now: parts.now(),
    range: { ...range },
    step,
    services: [...rows.values()].map((row) => {
      const known = knowledge.get(row.source) ?? knowledgeOf([], { range, step, now: parts.now() })
      const latency = latencies.find((l) => l.source === row.source && serviceOf(l.labels) === row.service)
      return {
        ...summaryOf(shown, row, { known, latency }),
        spark: {
          requests: lineOf(row.groups, ['good', 'bad'], known),
          bad: lineOf(row.groups, ['bad'], known),
        },
      }
    }),
  }
}

/**
 * Undefined for a service that nobody knows, and for a source that neither saw it nor is asked for it. Without a
 * source: the one that its promises are measured by, else the one that saw most.
 */
async function find(parts: ServicesParts, service: string, asked: Asked): Promise<Found | undefined> {
  const match = selectorOf(service)
  const range = rangeOf(asked, parts.now())
  const whole = { by: [], match, range, width: seconds(range.to - range.from) }
  let seen = (await parts.ledger.traffic(whole)).filter((group) => !isPhases(group.source))
  const wanted = sourcesAskedFor(parts.shown())
    .filter((each) => each.service === service)
    .map(({ source }) => source)
  const defined = parts.shown()?.definitions.services.some(({ name }) => name === service) ?? false
  if (seen.length === 0 && wanted.length === 0) {
    const long = { from: earlier(range.to, REMEMBERED), to: range.to }
    seen = (await parts.ledger.traffic({ ...whole, range: long, width: seconds(REMEMBERED) })).map(
      (group) => ({
        ...group,
        parts: [],
      }),
    )
  }
  const named = new Map(wanted.map((name): [string, TrafficGroup[]] => [name, []]))
  for (const group of seen) named.set(group.source, [...(named.get(group.source) ?? []), group])
  const sources = [...named].map(([name, groups]) => ({ name, ...totalsOf(groups) }))
  const most = sources.toSorted((a, b) => b.good + b.bad - a.good - a.bad)[0]?.name
  const source = asked.source ?? wanted[0] ?? most ?? (defined ? '' : undefined)
  if (source === undefined || (asked.source !== undefined && !named.has(asked.source))) return undefined
  return { service, source, match, sources }
}

/** With a source there is nothing to choose, and what it has of the service may be nothing. */
async function findAt(parts: ServicesParts, service: string, asked: Asked): Promise<Found | undefined> {
  const { source } = asked
  if (source === undefined) return find(parts, service, asked)
  return { service, source, match: selectorOf(service), sources: [] }
}
