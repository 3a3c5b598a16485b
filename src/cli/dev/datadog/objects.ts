import { civilDate, unixSeconds } from '../../../base/index.ts'
import { isPlain, refuse } from './answers.ts'

type Plain = Readonly<Record<string, unknown>>

/** What people keep at Datadog: SLOs and their corrections, monitors, events. */
export interface DatadogObjects {
  readonly slos: Plain[]
  readonly corrections: Plain[]
  readonly monitors: Plain[]
  readonly events: Plain[]
  readonly answer: (asked: {
    readonly method: string
    readonly url: URL
    readonly body: unknown
  }) => Response | undefined
}

const MOST_SLOS = 1_000

export function createObjects(): DatadogObjects {
  const slos: Plain[] = []
  const corrections: Plain[] = []
  const monitors: Plain[] = []
  const events: Plain[] = []
  return {
    slos,
    corrections,
    monitors,
    events,
    answer: ({ method, url, body }) => {
      switch (`${method} ${url.pathname}`) {
        case 'GET /api/v1/slo':
          return Response.json({
            data: pageOf(slos, url),
            errors: [],
            metadata: { page: { total_count: slos.length } },
          })
        case 'POST /api/v1/slo':
          return createSlo(slos, body)
        case 'GET /api/v1/slo/correction':
          return Response.json({
            data: pageOf(corrections, url),
            meta: { page: { total_count: corrections.length } },
          })
        case 'GET /api/v1/monitor':
          return Response.json(monitorsOf(monitors, url))
        case 'POST /api/v1/events':
          return createEvent(events, body)
        case 'GET /api/v2/events':
          return Response.json({ data: events.map(toEvent), meta: {}, links: {} })
        default:
          return undefined
      }
    },
  }
}

function pageOf(all: readonly Plain[], url: URL): readonly Plain[] {
  const limit = Math.min(MOST_SLOS, Number(url.searchParams.get('limit') ?? MOST_SLOS))
  const offset = Number(url.searchParams.get('offset') ?? 0)
  return all.slice(offset, offset + limit)
}

/** Monitors are counted in pages, and the list has nothing around it. */
function monitorsOf(all: readonly Plain[], url: URL): readonly Plain[] {
  const size = Math.min(MOST_SLOS, Number(url.searchParams.get('page_size') ?? 100))
  const page = Number(url.searchParams.get('page') ?? 0)
  return all.slice(page * size, (page + 1) * size)
}

/** Characters that an event may have, by field. */
const EVENT_LIMITS = { title: 500, text: 4_000, aggregation_key: 100 } as const

function createEvent(events: Plain[], body: unknown): Response {
  if (!isPlain(body) || typeof body['title'] !== 'string' || typeof body['text'] !== 'string')
    return refuse(400, 'title and text are required')
  for (const [field, most] of Object.entries(EVENT_LIMITS)) {
    const text = body[field]
    if (typeof text === 'string' && text.length > most) return refuse(400, `${field} is too long`)
  }
  events.push({ id: events.length + 1, ...body })
  return Response.json({ status: 'ok', event: events.at(-1) }, { status: 202 })
}

function createSlo(slos: Plain[], body: unknown): Response {
  if (!isPlain(body) || typeof body['name'] !== 'string')
    return refuse(400, "Invalid payload: 'name' is required")
  const thresholds: unknown = body['thresholds']
  if (!Array.isArray(thresholds) || thresholds.length === 0)
    return refuse(400, "Invalid payload: 'thresholds' is required")
  const { type } = body
  if (type === 'metric' && !isPlain(body['query']) && !isPlain(body['sli_specification']))
    return refuse(400, "Invalid payload: 'query' is required")
  if (type !== 'metric' && type !== 'time_slice' && type !== 'monitor')
    return refuse(400, "Invalid payload: 'type' is wrong")
  const made = { ...body, id: `slo-${slos.length + 1}`, created_at: 0, modified_at: 0 }
  slos.push(made)
  return Response.json({ data: [made] })
}

function toEvent(event: Plain): Plain {
  const { id, title, text, tags, date_happened: at } = event
  return {
    id: String(id),
    type: 'event',
    attributes: {
      message: text,
      tags: tags ?? [],
      timestamp: isoOf(at),
      attributes: { title },
    },
  }
}

function isoOf(at: unknown): string {
  const seconds = typeof at === 'number' ? at : 0
  const { year, month, day } = civilDate(unixSeconds(seconds))
  const rest = ((seconds % 86_400) + 86_400) % 86_400
  const time = [rest / 3_600, (rest % 3_600) / 60, rest % 60].map((n) => pad(Math.floor(n)))
  return `${year}-${pad(month)}-${pad(day)}T${time.join(':')}Z`
}

const pad = (n: number): string => String(n).padStart(2, '0')
