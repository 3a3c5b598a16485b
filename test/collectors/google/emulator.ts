import { decodeJwt, importSPKI, jwtVerify } from 'jose'

export interface EmulatedSeries {
  readonly metric: string
  readonly resource: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** The value of the minute that begins there; undefined: nothing. */
  readonly value: (minute: number) => Readonly<Record<string, unknown>> | undefined
}

export interface GoogleEmulatorOptions {
  readonly series?: readonly EmulatedSeries[]
  readonly entries?: readonly { readonly timestamp: string; readonly [field: string]: unknown }[]
  readonly publicKey?: string
  readonly pageSize?: number
  readonly instead?: (url: URL) => Response | undefined
}

/** Tokens, `timeSeries.list` and `entries.list` of Google Cloud: aligned points newest first, pages, filters by equality. */
export function createGoogleEmulator(options: GoogleEmulatorOptions) {
  const asked: URL[] = []
  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    asked.push(url)
    if (url.hostname === 'metadata.google.internal')
      return request.headers.get('metadata-flavor') === 'Google'
        ? Response.json({ access_token: 'of-the-machine', expires_in: 3_600 })
        : new Response('Missing Metadata-Flavor:Google header.', { status: 403 })
    if (url.hostname === 'oauth2.googleapis.com') return exchange(request, options)
    const instead = options.instead?.(url)
    if (instead !== undefined) return instead
    if (!request.headers.get('authorization')?.startsWith('Bearer of-'))
      return refuse(401, 'Request had invalid authentication credentials.')
    if (url.pathname.endsWith('/timeSeries')) return timeSeries(url, options)
    if (url.pathname === '/v2/entries:list') return entries(await request.json(), options)
    return refuse(404, 'Not found')
  }
  return { answer, asked }
}

export function refuse(code: number, message: string): Response {
  return Response.json({ error: { code, message, status: 'X' } }, { status: code })
}

async function exchange(request: Request, { publicKey = '' }: GoogleEmulatorOptions): Promise<Response> {
  const form = new URLSearchParams(await request.text())
  const assertion = form.get('assertion') ?? ''
  const now = new Date(((decodeJwt(assertion).iat ?? 0) + 1) * 1_000)
  await jwtVerify(assertion, await importSPKI(publicKey, 'RS256'), {
    audience: 'https://oauth2.googleapis.com/token',
    issuer: 'nines@shop.iam.gserviceaccount.com',
    currentDate: now,
  })
  return Response.json({ access_token: 'of-the-account', expires_in: 3_600 })
}

function timeSeries(
  { searchParams: params }: URL,
  { series = [], pageSize = 1_000 }: GoogleEmulatorOptions,
): Response {
  const from = instantOf(params.get('interval.startTime'))
  const to = instantOf(params.get('interval.endTime'))
  const filter = params.get('filter') ?? ''
  if (!(from < to)) return refuse(400, 'interval is invalid')
  if (params.get('aggregation.alignmentPeriod') !== '60s')
    return refuse(400, 'alignmentPeriod must be at least 60s')
  const groupBy = params.getAll('aggregation.groupByFields')
  const groups = new Map<
    string,
    { labels: Record<string, Record<string, string>>; members: EmulatedSeries[] }
  >()
  for (const one of series.filter((each) => matches(each, filter))) {
    const labels: Record<string, Record<string, string>> = { metric: {}, resource: {} }
    for (const field of groupBy) {
      const [kind = '', , name = ''] = field.split('.')
      const value = kind === 'metric' ? one.labels[name] : one.resource[name]
      if (value !== undefined) labels[kind] = { ...labels[kind], [name]: value }
    }
    const key = JSON.stringify(labels)
    const group = groups.get(key) ?? { labels, members: [] }
    groups.set(key, group)
    group.members.push(one)
  }
  const all = [...groups.values()]
  const skip = Number(params.get('pageToken') ?? 0)
  const page = all.slice(skip, skip + pageSize)
  return Response.json({
    timeSeries: page.map(({ labels, members }) => ({
      metric: { labels: labels['metric'] },
      resource: { labels: labels['resource'] },
      points: pointsOf(members, { from, to }),
    })),
    ...(skip + pageSize < all.length ? { nextPageToken: String(skip + pageSize) } : {}),
  })
}

function matches({ metric, resource, labels }: EmulatedSeries, filter: string): boolean {
  return filter.split(' AND ').every((term) => {
    const found = /^([\w.]+)\s*(!?=)\s*"?([^"]*)"?$/.exec(term)
    const [, field = '', operator, wanted] = found ?? []
    const name = field.split('.')[2] ?? ''
    const own =
      field === 'metric.type' ? metric : field.startsWith('resource.') ? resource[name] : labels[name]
    return (own === wanted) === (operator === '=')
  })
}

function pointsOf(members: readonly EmulatedSeries[], { from, to }: { from: number; to: number }): unknown[] {
  const points: unknown[] = []
  for (let minute = to - 60; minute >= from; minute -= 60) {
    const values = members.flatMap(({ value }): Readonly<Record<string, unknown>>[] => {
      const own = value(minute)
      return own === undefined ? [] : [own]
    })
    if (values.length === 0) continue
    const whole = values.some((value) => 'int64Value' in value)
    const sum = values.reduce((total, value) => total + Number(value['int64Value'] ?? 0), 0)
    points.push({
      interval: { startTime: iso(minute), endTime: iso(minute + 60) },
      value: whole ? { int64Value: String(sum) } : values[0],
    })
  }
  return points
}

/** RFC 3339, and nothing that is like it. */
const instantOf = (text: string | null): number =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text ?? '') ? Date.parse(text ?? '') / 1_000 : Number.NaN

const iso = (at: number): string => new Date(at * 1_000).toISOString()

function entries(body: unknown, { entries: all = [], pageSize = 1_000 }: GoogleEmulatorOptions): Response {
  const { filter, pageToken } = body as { filter: string; pageToken?: string }
  const [from = Number.NaN, to = Number.NaN] = [/timestamp>="([^"]+)"/, /timestamp<"([^"]+)"/].map((bound) =>
    instantOf(bound.exec(filter)?.[1] ?? null),
  )
  if (Number.isNaN(from) || Number.isNaN(to)) return refuse(400, 'Unparseable filter')
  const found = all.filter(({ timestamp }) => {
    const at = Date.parse(timestamp) / 1_000
    return at >= from && at < to
  })
  const skip = Number(pageToken ?? 0)
  return Response.json({
    entries: found.slice(skip, skip + pageSize),
    ...(skip + pageSize < found.length ? { nextPageToken: String(skip + pageSize) } : {}),
  })
}
