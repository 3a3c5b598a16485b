import { z } from 'zod'

export interface PagerDutyEvent {
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve'
  readonly dedup_key?: string | undefined
  readonly payload?: { readonly summary: string; readonly severity: string } | undefined
}

/** An alert as PagerDuty would show it. */
export interface PagerDutyAlert {
  readonly key: string
  state: 'triggered' | 'acknowledged' | 'resolved'
  summary: string
  /** How many triggers it took in. */
  events: number
}

const BYTES_MAX = 512 * 1024
const event = z.discriminatedUnion('event_action', [
  z.object({
    routing_key: z.string(),
    event_action: z.literal('trigger'),
    dedup_key: z.string().max(255).optional(),
    payload: z.object({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime({ offset: true }).optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.unknown().optional(),
    }),
    client: z.string().optional(),
    client_url: z.url().optional(),
    links: z.array(z.object({ href: z.url(), text: z.string().optional() })).optional(),
  }),
  z.object({
    routing_key: z.string(),
    event_action: z.enum(['acknowledge', 'resolve']),
    dedup_key: z.string().min(1).max(255),
  }),
])

/** Events API v2 as it is documented: its limits, its answers, and alerts that are one for each `dedup_key`. */
export function createPagerDuty(options: { readonly routingKey: string }) {
  const alerts = new Map<string, PagerDutyAlert>()
  const events: PagerDutyEvent[] = []
  let fault: ((call: number) => 'rate-limit' | 'lost' | 'late-answer' | undefined) | undefined
  let calls = 0
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
    Response.json(body, { status, headers })
  const take = (text: string): Response => {
    if (Buffer.byteLength(text) > BYTES_MAX) return answer(413, { status: 'too large' })
    const read = event.safeParse(JSON.parse(text))
    if (!read.success)
      return answer(400, {
        status: 'invalid event',
        message: 'Event object is invalid',
        errors: read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
      })
    if (read.data.routing_key !== options.routingKey || read.data.routing_key.length !== 32)
      return answer(400, {
        status: 'invalid event',
        message: 'Event object is invalid',
        errors: ["Length of 'routing_key' is incorrect (should be 32 characters)"],
      })
    events.push(read.data)
    const key = read.data.dedup_key ?? `made-${events.length}`
    const known = alerts.get(key)
    if (read.data.event_action === 'trigger') {
      const { summary } = read.data.payload
      if (known === undefined || known.state === 'resolved')
        alerts.set(key, { key, state: 'triggered', summary, events: 1 })
      else known.events++
    } else if (known !== undefined && known.state !== 'resolved')
      known.state = read.data.event_action === 'resolve' ? 'resolved' : 'acknowledged'
    return answer(202, { status: 'success', message: 'Event processed', dedup_key: key })
  }
  return {
    alerts,
    events,
    suffer: (script: typeof fault): void => {
      fault = script
    },
    fetch: async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const request = new Request(input, init)
      if (request.method !== 'POST' || new URL(request.url).pathname !== '/v2/enqueue') return answer(404, {})
      calls++
      const now = fault?.(calls)
      if (now === 'rate-limit') return answer(429, { status: 'throttle exceeded' }, { 'retry-after': '7' })
      if (now === 'lost') throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })
      const given = take(await request.text())
      if (now === 'late-answer') throw new TypeError('fetch failed', { cause: { code: 'UND_ERR_SOCKET' } })
      return given
    },
  }
}
