/**
 * The made-up estate behind the fixture server: fourteen promises of an online shop on three clouds and a rack, with
 * the troubles that put each into its state. Seconds are before `now` of the server's start.
 */

export interface Place {
  readonly cloud: string
  readonly region: string
  /** Events a second at an ordinary hour. */
  readonly rate: number
}

export interface Trouble {
  readonly cloud?: string
  readonly region?: string
  /** Seconds before the start; `until` 0 and below reaches beyond it. */
  readonly since: number
  readonly until: number
  /** The share of events that turn bad. */
  readonly bad: number
}

export interface Profile {
  readonly id: string
  readonly slo: string
  readonly objective: string
  readonly name: string
  readonly service: string
  readonly owner: string
  readonly indicator: string
  readonly target: string
  readonly allowed: number
  readonly window: string
  readonly windowSeconds: number
  readonly calendar?: boolean
  readonly method: 'occurrences' | 'timeslices'
  readonly places: readonly Place[]
  /** The share of events that is bad when nothing is wrong. */
  readonly base: number
  readonly troubles: readonly Trouble[]
  /** Stretches that nobody measured. */
  readonly silences: readonly Omit<Trouble, 'bad'>[]
  readonly latency?: { readonly thresholdMs: number; readonly medianMs: number; readonly spread: number }
  readonly operations: readonly string[]
  readonly description: string
  readonly runbook: string
}

const HOUR = 3600
const DAY = 86_400
const AWS = (rate: number): Place[] => [
  { cloud: 'aws', region: 'ap-northeast-1', rate: rate * 0.7 },
  { cloud: 'aws', region: 'us-east-1', rate: rate * 0.3 },
]
const GCP = (rate: number): Place[] => [{ cloud: 'gcp', region: 'asia-northeast1', rate }]
const AZURE = (rate: number): Place[] => [{ cloud: 'azure', region: 'japaneast', rate }]
const RACK = (rate: number): Place[] => [{ cloud: 'rack', region: 'tokyo-2', rate }]

const thirtyDays = {
  window: '30d',
  windowSeconds: 30 * DAY,
  method: 'occurrences',
  silences: [],
  troubles: [],
} as const

export const profiles: readonly Profile[] = [
  {
    ...thirtyDays,
    id: 'checkout-availability',
    slo: 'checkout-availability',
    objective: '0',
    name: 'Checkout availability',
    service: 'checkout',
    owner: 'payments',
    indicator: 'availability',
    target: '99.9',
    allowed: 1000,
    places: [...AWS(34), ...GCP(18), ...AZURE(9)],
    base: 0.00012,
    troubles: [
      { cloud: 'aws', region: 'ap-northeast-1', since: 52 * 60, until: -40 * DAY, bad: 0.052 },
      { cloud: 'gcp', since: 9 * DAY, until: 9 * DAY - 3 * HOUR, bad: 0.1 },
      { since: 17 * DAY, until: 17 * DAY - 40 * 60, bad: 0.16 },
      { cloud: 'aws', since: 23 * DAY, until: 23 * DAY - 2 * HOUR, bad: 0.02 },
    ],
    operations: ['POST /v1/checkout', 'POST /v1/checkout/{id}/confirm', 'GET /v1/checkout/{id}'],
    description: 'A shopper who presses “buy” gets an answer that is not our failure.',
    runbook: 'https://runbooks.example.com/checkout',
  },
  {
    ...thirtyDays,
    id: 'checkout-fast',
    slo: 'checkout-fast',
    objective: '0',
    name: 'Checkout within 300 ms',
    service: 'checkout',
    owner: 'payments',
    indicator: 'within 300ms',
    target: '99',
    allowed: 10_000,
    places: [...AWS(34), ...GCP(18), ...AZURE(9)],
    base: 0.0062,
    troubles: [{ cloud: 'aws', since: 52 * 60, until: -40 * DAY, bad: 0.022 }],
    latency: { thresholdMs: 300, medianMs: 74, spread: 0.52 },
    operations: ['POST /v1/checkout', 'POST /v1/checkout/{id}/confirm', 'GET /v1/checkout/{id}'],
    description: 'Checkout answers while a shopper still looks at the button.',
    runbook: 'https://runbooks.example.com/checkout',
  },
  {
    ...thirtyDays,
    id: 'payments-authorise',
    slo: 'payments-authorise',
    objective: '0',
    name: 'Payment authorisation',
    service: 'payments',
    owner: 'payments',
    indicator: 'availability',
    target: '99.95',
    allowed: 500,
    places: [...AWS(12), ...AZURE(16)],
    base: 0.00014,
    troubles: [
      { cloud: 'azure', since: 6 * DAY + 5 * HOUR, until: 6 * DAY, bad: 0.072 },
      { cloud: 'azure', since: 14 * DAY, until: 14 * DAY - HOUR, bad: 0.11 },
    ],
    operations: ['payments.v1.Authorise', 'payments.v1.Capture', 'payments.v1.Refund'],
    description: 'Card networks are asked, and their answer reaches the shop.',
    runbook: 'https://runbooks.example.com/payments',
  },
  {
    ...thirtyDays,
    id: 'search-fast',
    slo: 'search-fast',
    objective: '0',
    name: 'Search within 300 ms',
    service: 'search',
    owner: 'discovery',
    indicator: 'within 300ms',
    target: '99',
    allowed: 10_000,
    places: [...AWS(40), ...GCP(62), ...AZURE(11), ...RACK(22)],
    base: 0.0058,
    troubles: [{ cloud: 'gcp', since: 7 * HOUR, until: -40 * DAY, bad: 0.013 }],
    latency: { thresholdMs: 300, medianMs: 96, spread: 0.47 },
    operations: ['GET /v2/search', 'GET /v2/suggest', 'POST /v2/search/image'],
    description: 'Results appear before a shopper types the next letter.',
    runbook: 'https://runbooks.example.com/search',
  },
  {
    ...thirtyDays,
    id: 'search-availability',
    slo: 'search-availability',
    objective: '0',
    name: 'Search availability',
    service: 'search',
    owner: 'discovery',
    indicator: 'availability',
    target: '99.9',
    allowed: 1000,
    places: [...AWS(40), ...GCP(62), ...AZURE(11), ...RACK(22)],
    base: 0.00031,
    troubles: [{ cloud: 'rack', since: 4 * DAY, until: 4 * DAY - 90 * 60, bad: 0.08 }],
    operations: ['GET /v2/search', 'GET /v2/suggest'],
    description: 'A search finds something or says honestly that there is nothing.',
    runbook: 'https://runbooks.example.com/search',
  },
  {
    ...thirtyDays,
    id: 'catalogue-availability',
    slo: 'catalogue-availability',
    objective: '0',
    name: 'Catalogue availability',
    service: 'catalogue',
    owner: 'discovery',
    indicator: 'availability',
    target: '99.9',
    allowed: 1000,
    places: [...AWS(70), ...GCP(44)],
    base: 0.00024,
    troubles: [{ cloud: 'aws', region: 'us-east-1', since: 12 * DAY, until: 12 * DAY - 4 * HOUR, bad: 0.03 }],
    operations: ['GET /v1/items/{id}', 'GET /v1/categories/{id}'],
    description: 'Every page of goods can be opened.',
    runbook: 'https://runbooks.example.com/catalogue',
  },
  {
    ...thirtyDays,
    id: 'catalogue-latency/p-fast',
    slo: 'catalogue-latency',
    objective: 'p-fast',
    name: 'Catalogue within 200 ms',
    service: 'catalogue',
    owner: 'discovery',
    indicator: 'within 200ms',
    target: '98',
    allowed: 20_000,
    places: [...AWS(70), ...GCP(44)],
    base: 0.009,
    latency: { thresholdMs: 200, medianMs: 52, spread: 0.6 },
    operations: ['GET /v1/items/{id}', 'GET /v1/categories/{id}'],
    description: 'Pages of goods open without a wait.',
    runbook: 'https://runbooks.example.com/catalogue',
  },
  {
    ...thirtyDays,
    id: 'identity-sign-in',
    slo: 'identity-sign-in',
    objective: '0',
    name: 'Sign-in availability',
    service: 'identity',
    owner: 'platform',
    indicator: 'availability',
    target: '99.95',
    allowed: 500,
    places: [...AWS(9), ...GCP(8), ...AZURE(4), ...RACK(12)],
    base: 0.00016,
    operations: ['POST /oauth/token', 'POST /v1/sessions'],
    description: 'Somebody with the right password gets in.',
    runbook: 'https://runbooks.example.com/identity',
  },
  {
    ...thirtyDays,
    id: 'identity-token-fast',
    slo: 'identity-token-fast',
    objective: '0',
    name: 'Tokens within 100 ms',
    service: 'identity',
    owner: 'platform',
    indicator: 'within 100ms',
    target: '99',
    allowed: 10_000,
    places: [...AWS(9), ...GCP(8), ...AZURE(4), ...RACK(12)],
    base: 0.0075,
    troubles: [{ cloud: 'rack', since: 5.5 * HOUR, until: -40 * DAY, bad: 0.018 }],
    silences: [{ cloud: 'rack', since: 8 * DAY, until: 7.4 * DAY }],
    latency: { thresholdMs: 100, medianMs: 31, spread: 0.43 },
    operations: ['POST /oauth/token', 'GET /oauth/keys'],
    description: 'Every service waits for a token; none should notice.',
    runbook: 'https://runbooks.example.com/identity',
  },
  {
    ...thirtyDays,
    id: 'orders-availability',
    slo: 'orders-availability',
    objective: '0',
    name: 'Orders over gRPC',
    service: 'orders',
    owner: 'fulfilment',
    indicator: 'availability',
    target: '99.9',
    allowed: 1000,
    places: [...AWS(14), ...GCP(6)],
    base: 0.0004,
    operations: ['orders.v1.Place', 'orders.v1.Get', 'orders.v1.List'],
    description: 'An order that was taken can be read again.',
    runbook: 'https://runbooks.example.com/orders',
  },
  {
    ...thirtyDays,
    id: 'orders-slices',
    slo: 'orders-slices',
    objective: '0',
    name: 'Orders, good minutes',
    service: 'orders',
    owner: 'fulfilment',
    indicator: 'availability',
    target: '99.5',
    allowed: 5000,
    window: '28d',
    windowSeconds: 28 * DAY,
    method: 'timeslices',
    places: [...AWS(1 / 60)],
    base: 0.0018,
    operations: ['orders.v1.Place'],
    description: 'Minutes in which at least 99 % of orders went through.',
    runbook: 'https://runbooks.example.com/orders',
  },
  {
    ...thirtyDays,
    id: 'notifications-delivery',
    slo: 'notifications-delivery',
    objective: '0',
    name: 'Notifications delivered',
    service: 'notifications',
    owner: 'platform',
    indicator: 'availability',
    target: '99',
    allowed: 10_000,
    window: 'month',
    windowSeconds: 30 * DAY,
    calendar: true,
    places: [...GCP(7), ...AZURE(3)],
    base: 0.0031,
    operations: ['notify.v1.Push', 'notify.v1.Mail'],
    description: 'A message that was promised leaves the house.',
    runbook: 'https://runbooks.example.com/notifications',
  },
  {
    ...thirtyDays,
    id: 'inventory-sync',
    slo: 'inventory-sync',
    objective: '0',
    name: 'Inventory sync',
    service: 'inventory',
    owner: 'fulfilment',
    indicator: 'availability',
    target: '99.5',
    allowed: 5000,
    places: [...RACK(3)],
    base: 0.001,
    silences: [{ since: 63 * DAY, until: -40 * DAY }],
    operations: ['inventory.v1.Sync'],
    description: 'The stock on the page is the stock on the shelf.',
    runbook: 'https://runbooks.example.com/inventory',
  },
  {
    ...thirtyDays,
    id: 'media-upload',
    slo: 'media-upload',
    objective: '0',
    name: 'Uploads within 1.5 s',
    service: 'media',
    owner: 'discovery',
    indicator: 'within 1.5s',
    target: '95',
    allowed: 50_000,
    places: [...GCP(4), ...RACK(6)],
    base: 0.021,
    latency: { thresholdMs: 1500, medianMs: 420, spread: 0.55 },
    operations: ['PUT /v1/media/{id}'],
    description: 'A photograph is there when the seller looks again.',
    runbook: 'https://runbooks.example.com/media',
  },
]
