/**
 * The shop that the demo shows: what runs where, how much of it, and how well on an ordinary day. Only numbers and
 * names; `estate.ts` turns them into traffic.
 */

/** Where something runs. The rack is the shop's own, in a data centre in Tokyo. */
export interface Place {
  readonly provider: 'aws' | 'gcp' | 'azure' | 'rack'
  readonly region: string
  /** Whose day it is there: the people served are awake by this offset from UTC, in hours. */
  readonly utcOffset: number
}

/** How long an operation takes: a log-normal body, and a tail of slow ones beside it. */
export interface Latency {
  readonly medianMs: number
  /** Standard deviation of the natural logarithm. */
  readonly spread: number
  /** The share that falls in the tail on an average minute. */
  readonly slowShare: number
  /** The tail reaches from here … */
  readonly slowFromMs: number
  /** … to here, evenly on a logarithmic scale. */
  readonly slowToMs: number
}

export interface Operation {
  /** The route's name in Envoy, or the full method of gRPC. It is the `operation` label. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `{id}` and `{hex}` are filled in for each request. */
  readonly path: string
  /** Of the service's requests; the shares of a service add up to 1. */
  readonly share: number
  readonly latency: Latency
}

/** How a request ends, as Envoy writes it down. */
export interface Ending {
  readonly status: number
  /** Envoy's response flags, `-` for none. */
  readonly flags: string
  readonly details: string
  /** grpc-status, for gRPC. */
  readonly grpc?: number
  /**
   * `served`: as long as the operation takes. `instant`: refused before any work. `timeout`: the route's 15 s.
   * `left`: the client gave up on the way.
   */
  readonly takes: 'served' | 'instant' | 'timeout' | 'left'
  readonly userAgent?: string
  /** Replaces the operation's path: a health check has its own. */
  readonly path?: string
}

export interface Usual {
  readonly ending: Ending
  /** Of all requests, on an ordinary day. */
  readonly ratio: number
}

export interface ShopService {
  readonly name: string
  readonly protocol: 'http' | 'grpc'
  /** Which DataSource sees it. */
  readonly source: 'edge' | 'rack-envoy'
  readonly authority: string
  /** Requests a minute over all places, averaged over a week. */
  readonly perMinute: number
  /** `people`: asleep at night, busy after dinner. `machines`: even. */
  readonly rhythm: 'people' | 'machines'
  readonly runsIn: readonly { readonly place: Place; readonly share: number }[]
  readonly operations: readonly Operation[]
  /** How requests end that do not simply succeed. */
  readonly usual: readonly Usual[]
}

export const AWS_TOKYO: Place = { provider: 'aws', region: 'ap-northeast-1', utcOffset: 9 }
export const AWS_VIRGINIA: Place = { provider: 'aws', region: 'us-east-1', utcOffset: -5 }
export const GCP_TOKYO: Place = { provider: 'gcp', region: 'asia-northeast1', utcOffset: 9 }
export const AZURE_TOKYO: Place = { provider: 'azure', region: 'japaneast', utcOffset: 9 }
export const RACK_TOKYO: Place = { provider: 'rack', region: 'tokyo-1', utcOffset: 9 }

/** The places whose Envoys write access logs, in the order of the DataSource's inputs. */
export const LOG_PLACES: readonly Place[] = [AWS_TOKYO, AWS_VIRGINIA, GCP_TOKYO, AZURE_TOKYO]

/** What the input of a place is called in the DataSource. */
export function inputName(place: Place): string {
  return `${place.provider}-${place.region}`
}

/** Under which names the coverage of a source is kept: one for each of its inputs, or its own when it has one. */
export function coverageNames(source: ShopService['source']): readonly string[] {
  return source === 'edge' ? LOG_PLACES.map((place) => `${source}/${inputName(place)}`) : [source]
}

export const ENDINGS = {
  ok: { status: 200, flags: '-', details: 'via_upstream', takes: 'served' },
  notFound: { status: 404, flags: '-', details: 'via_upstream', takes: 'served' },
  failed: { status: 500, flags: '-', details: 'via_upstream', takes: 'served' },
  noHost: { status: 503, flags: 'UH', details: 'no_healthy_upstream', takes: 'instant' },
  noConnection: {
    status: 503,
    flags: 'UF',
    details: 'upstream_reset_before_response_started{connection_failure}',
    takes: 'instant',
  },
  cut: {
    status: 503,
    flags: 'UC',
    details: 'upstream_reset_before_response_started{connection_termination}',
    takes: 'served',
  },
  timeout: { status: 504, flags: 'UT', details: 'response_timeout', takes: 'timeout' },
  left: { status: 0, flags: 'DC', details: 'downstream_remote_disconnect', takes: 'left' },
  health: {
    status: 200,
    flags: '-',
    details: 'via_upstream',
    takes: 'instant',
    userAgent: 'kube-probe/1.33',
    path: '/healthz',
  },
  grpcOk: { status: 200, flags: '-', details: 'via_upstream', grpc: 0, takes: 'served' },
  grpcInvalid: { status: 200, flags: '-', details: 'via_upstream', grpc: 3, takes: 'served' },
  grpcDeadline: { status: 200, flags: '-', details: 'via_upstream', grpc: 4, takes: 'timeout' },
  grpcUnavailable: { status: 200, flags: 'UF', details: 'upstream_reset', grpc: 14, takes: 'instant' },
  grpcInternal: { status: 200, flags: '-', details: 'via_upstream', grpc: 13, takes: 'served' },
  grpcCancelled: { status: 200, flags: '-', details: 'via_upstream', grpc: 1, takes: 'left' },
} as const satisfies Readonly<Record<string, Ending>>

/** An ordinary HTTP service: `bad` of its requests fail, `missing` are not found, `left` are given up. */
function http(bad: number, missing: number, left: number): readonly Usual[] {
  return [
    { ending: ENDINGS.failed, ratio: bad * 0.5 },
    { ending: ENDINGS.cut, ratio: bad * 0.3 },
    { ending: ENDINGS.timeout, ratio: bad * 0.2 },
    { ending: ENDINGS.notFound, ratio: missing },
    { ending: ENDINGS.left, ratio: left },
  ]
}

function latency(medianMs: number, slowShare: number, tail: readonly [number, number]): Latency {
  return { medianMs, spread: 0.34, slowShare, slowFromMs: tail[0], slowToMs: tail[1] }
}

export const SHOP: readonly ShopService[] = [
  {
    name: 'checkout',
    protocol: 'http',
    source: 'edge',
    authority: 'checkout.shop.example',
    perMinute: 420,
    rhythm: 'people',
    runsIn: [
      { place: AWS_TOKYO, share: 0.42 },
      { place: GCP_TOKYO, share: 0.36 },
      { place: AZURE_TOKYO, share: 0.22 },
    ],
    operations: [
      {
        name: 'POST /v1/checkout',
        method: 'POST',
        path: '/v1/checkout',
        share: 0.45,
        latency: latency(110, 0.0045, [400, 4_000]),
      },
      {
        name: 'POST /v1/checkout/{id}/confirm',
        method: 'POST',
        path: '/v1/checkout/{id}/confirm',
        share: 0.3,
        latency: latency(130, 0.006, [400, 6_000]),
      },
      {
        name: 'GET /v1/checkout/{id}',
        method: 'GET',
        path: '/v1/checkout/{id}',
        share: 0.25,
        latency: latency(38, 0.0015, [400, 1_500]),
      },
    ],
    usual: http(0.00028, 0.0012, 0.0006),
  },
  {
    name: 'payments',
    protocol: 'grpc',
    source: 'edge',
    authority: 'payments.shop.example',
    perMinute: 330,
    rhythm: 'people',
    runsIn: [
      { place: AWS_TOKYO, share: 0.6 },
      { place: AZURE_TOKYO, share: 0.4 },
    ],
    operations: [
      {
        name: '/shop.payments.v1.Payments/Authorize',
        method: 'POST',
        path: '/shop.payments.v1.Payments/Authorize',
        share: 0.6,
        latency: latency(150, 0.0028, [500, 6_000]),
      },
      {
        name: '/shop.payments.v1.Payments/Capture',
        method: 'POST',
        path: '/shop.payments.v1.Payments/Capture',
        share: 0.35,
        latency: latency(120, 0.002, [500, 4_000]),
      },
      {
        name: '/shop.payments.v1.Payments/Refund',
        method: 'POST',
        path: '/shop.payments.v1.Payments/Refund',
        share: 0.05,
        latency: latency(160, 0.003, [500, 4_000]),
      },
    ],
    usual: [
      { ending: ENDINGS.grpcInvalid, ratio: 0.0016 },
      { ending: ENDINGS.grpcUnavailable, ratio: 0.00009 },
      { ending: ENDINGS.grpcDeadline, ratio: 0.00004 },
      { ending: ENDINGS.grpcInternal, ratio: 0.00003 },
      { ending: ENDINGS.grpcCancelled, ratio: 0.0005 },
    ],
  },
  {
    name: 'search',
    protocol: 'http',
    source: 'edge',
    authority: 'search.shop.example',
    perMinute: 1_300,
    rhythm: 'people',
    runsIn: [
      { place: AWS_TOKYO, share: 0.38 },
      { place: GCP_TOKYO, share: 0.42 },
      { place: AZURE_TOKYO, share: 0.2 },
    ],
    operations: [
      {
        name: 'GET /v1/search',
        method: 'GET',
        path: '/v1/search?q={hex}',
        share: 0.55,
        latency: latency(88, 0.0052, [300, 3_000]),
      },
      {
        name: 'GET /v1/suggest',
        method: 'GET',
        path: '/v1/suggest?q={hex}',
        share: 0.45,
        latency: latency(24, 0.0012, [300, 900]),
      },
    ],
    usual: http(0.00026, 0.0004, 0.0011),
  },
  {
    name: 'catalog',
    protocol: 'http',
    source: 'edge',
    authority: 'catalog.shop.example',
    perMinute: 1_250,
    rhythm: 'people',
    runsIn: [
      { place: AWS_TOKYO, share: 0.46 },
      { place: GCP_TOKYO, share: 0.32 },
      { place: AWS_VIRGINIA, share: 0.22 },
    ],
    operations: [
      {
        name: 'GET /v1/products/{id}',
        method: 'GET',
        path: '/v1/products/{id}',
        share: 0.6,
        latency: latency(42, 0.0036, [200, 1_800]),
      },
      {
        name: 'GET /v1/categories/{id}',
        method: 'GET',
        path: '/v1/categories/{id}',
        share: 0.3,
        latency: latency(55, 0.0048, [200, 2_000]),
      },
      {
        name: 'GET /v1/products/{id}/stock',
        method: 'GET',
        path: '/v1/products/{id}/stock',
        share: 0.1,
        latency: latency(18, 0.0012, [200, 700]),
      },
    ],
    usual: http(0.00022, 0.0018, 0.0005),
  },
  {
    name: 'cart',
    protocol: 'http',
    source: 'edge',
    authority: 'cart.shop.example',
    perMinute: 760,
    rhythm: 'people',
    runsIn: [
      { place: AWS_TOKYO, share: 0.55 },
      { place: GCP_TOKYO, share: 0.45 },
    ],
    operations: [
      {
        name: 'GET /v1/cart',
        method: 'GET',
        path: '/v1/cart',
        share: 0.6,
        latency: latency(30, 0.0022, [200, 1_200]),
      },
      {
        name: 'POST /v1/cart/items',
        method: 'POST',
        path: '/v1/cart/items',
        share: 0.3,
        latency: latency(48, 0.0035, [200, 1_500]),
      },
      {
        name: 'DELETE /v1/cart/items/{id}',
        method: 'DELETE',
        path: '/v1/cart/items/{id}',
        share: 0.1,
        latency: latency(44, 0.003, [200, 1_200]),
      },
    ],
    usual: http(0.0003, 0.0006, 0.0006),
  },
  {
    name: 'recommendations',
    protocol: 'http',
    source: 'edge',
    authority: 'recommendations.shop.example',
    perMinute: 640,
    rhythm: 'people',
    runsIn: [
      { place: GCP_TOKYO, share: 0.62 },
      { place: AWS_VIRGINIA, share: 0.38 },
    ],
    operations: [
      {
        name: 'GET /v1/recommendations',
        method: 'GET',
        path: '/v1/recommendations?user={hex}',
        share: 0.7,
        latency: latency(160, 0.02, [500, 5_000]),
      },
      {
        name: 'GET /v1/similar/{id}',
        method: 'GET',
        path: '/v1/similar/{id}',
        share: 0.3,
        latency: latency(120, 0.012, [500, 3_000]),
      },
    ],
    usual: http(0.0014, 0.0004, 0.0009),
  },
  {
    name: 'accounts',
    protocol: 'http',
    source: 'rack-envoy',
    authority: 'accounts.shop.example',
    perMinute: 260,
    rhythm: 'people',
    runsIn: [{ place: RACK_TOKYO, share: 1 }],
    operations: [
      {
        name: '',
        method: 'GET',
        path: '/v1/accounts/{id}',
        share: 1,
        latency: latency(64, 0.004, [250, 2_500]),
      },
    ],
    usual: [
      { ending: ENDINGS.failed, ratio: 0.0003 },
      { ending: ENDINGS.timeout, ratio: 0.0001 },
      { ending: ENDINGS.notFound, ratio: 0.002 },
    ],
  },
  {
    name: 'notifications',
    protocol: 'http',
    source: 'edge',
    authority: 'notifications.shop.example',
    // A handful an hour: the service whose SLO must not page for one failure.
    perMinute: 0.11,
    rhythm: 'machines',
    runsIn: [
      { place: AWS_TOKYO, share: 0.6 },
      { place: AZURE_TOKYO, share: 0.4 },
    ],
    operations: [
      {
        name: 'POST /v1/campaigns/{id}/send',
        method: 'POST',
        path: '/v1/campaigns/{id}/send',
        share: 1,
        latency: latency(420, 0.012, [2_000, 9_000]),
      },
    ],
    usual: [{ ending: ENDINGS.failed, ratio: 0.0025 }],
  },
]
