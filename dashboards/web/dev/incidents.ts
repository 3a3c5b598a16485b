import type { IncidentDetail } from '../../../src/contract/index.ts'

export type Timeline = IncidentDetail['timeline']

/** Everything of an incident but what is computed when it is asked for. */
export interface Story
  extends Omit<IncidentDetail, 'now' | 'evaluation' | 'owner' | 'runbook' | 'acknowledged'> {
  acknowledged: IncidentDetail['acknowledged']
}

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400

/** The incidents of the estate; `now` is the server's start. */
export function createIncidents(now: number): Story[] {
  const at: Ago = (ago) => now - ago
  return [
    checkoutOnAws(at),
    inventoryBlind(at),
    paymentsOnAzure(at),
    checkoutOnGcp(at),
    checkoutEverywhere(at),
  ]
}

/** The instant that many seconds before the start. */
type Ago = (seconds: number) => number

function checkoutOnAws(at: Ago): Story {
  return {
    id: 'INC-2026-0147',
    slo: 'checkout-availability',
    objective: '0',
    name: 'Checkout availability',
    service: 'checkout',
    scope: { cloud_provider: 'aws', cloud_region: 'ap-northeast-1' },
    severity: 'page',
    state: 'open',
    sentence:
      'Checkout availability burns 16.8× on aws ap-northeast-1: the rest of the 30 d budget is gone in 21 h.',
    startedAt: at(52 * MINUTE),
    openedAt: at(47 * MINUTE),
    resolvedAt: null,
    blindSince: null,
    reopened: 0,
    peakRate: 52.4,
    badEvents: 3871,
    budgetSpent: 0.026,
    acknowledged: null,
    members: [
      {
        scope: { cloud_provider: 'aws', cloud_region: 'ap-northeast-1' },
        severity: 'page',
        rules: ['page-fast', 'page-slow'],
        rate: 45.3,
        firing: true,
      },
      {
        scope: { cloud_provider: 'aws' },
        severity: 'page',
        rules: ['page-fast', 'page-slow'],
        rate: 32.2,
        firing: true,
      },
      { scope: {}, severity: 'page', rules: ['page-fast'], rate: 18.1, firing: true },
    ],
    timeline: [
      {
        at: at(47 * MINUTE),
        kind: 'opened',
        text: 'page-fast fires on aws ap-northeast-1: 15.1× over 1 h, 51.8× over 5 min, both at least 14.4×',
        by: null,
      },
      { at: at(47 * MINUTE), kind: 'told', text: 'Slack #payments-alerts', by: null },
      {
        at: at(41 * MINUTE),
        kind: 'worse',
        text: 'The whole promise burns now: aws spreads to the sum of all clouds',
        by: null,
      },
      {
        at: at(33 * MINUTE),
        kind: 'note',
        text: 'Deploy 1.42 went out at 12:58, looking at the connection pool',
        by: 'Aiko Tanaka',
      },
      { at: at(12 * MINUTE), kind: 'told', text: 'Slack #payments-alerts, headline updated', by: null },
    ],
  }
}

function inventoryBlind(at: Ago): Story {
  return {
    id: 'INC-2026-0146',
    slo: 'inventory-sync',
    objective: '0',
    name: 'Inventory sync',
    service: 'inventory',
    scope: { cloud_provider: 'rack' },
    severity: 'ticket',
    state: 'open',
    sentence: 'Inventory sync cannot be seen: nothing was measured on rack tokyo-2 for 30 days.',
    startedAt: at(2 * DAY),
    openedAt: at(2 * DAY - 20 * MINUTE),
    resolvedAt: null,
    blindSince: at(2 * DAY),
    reopened: 1,
    peakRate: 3.2,
    badEvents: 41,
    budgetSpent: 0.031,
    acknowledged: { by: 'Kenji Mori', at: at(DAY + 20 * HOUR) },
    members: [
      {
        scope: { cloud_provider: 'rack' },
        severity: 'ticket',
        rules: ['ticket-fast'],
        rate: 3.2,
        firing: false,
      },
    ],
    timeline: [
      {
        at: at(2 * DAY - 20 * MINUTE),
        kind: 'opened',
        text: 'ticket-fast fires: 3.2× over 1 d, 3.4× over 2 h, both at least 3×',
        by: null,
      },
      {
        at: at(2 * DAY - 40 * MINUTE),
        kind: 'blind',
        text: 'No data from rack-envoy; the incident stays open',
        by: null,
      },
      { at: at(DAY + 20 * HOUR), kind: 'acknowledged', text: 'Acknowledged', by: 'Kenji Mori' },
    ],
  }
}

function paymentsOnAzure(at: Ago): Story {
  return {
    id: 'INC-2026-0139',
    slo: 'payments-authorise',
    objective: '0',
    name: 'Payment authorisation',
    service: 'payments',
    scope: { cloud_provider: 'azure' },
    severity: 'page',
    state: 'resolved',
    sentence: 'Payment authorisation burned 118× on azure for 5 h and spent 61 % of its 30 d budget.',
    startedAt: at(6 * DAY + 5 * HOUR),
    openedAt: at(6 * DAY + 5 * HOUR - 4 * MINUTE),
    resolvedAt: at(6 * DAY - 30 * MINUTE),
    blindSince: null,
    reopened: 0,
    peakRate: 151.7,
    badEvents: 20_736,
    budgetSpent: 0.61,
    acknowledged: { by: 'Aiko Tanaka', at: at(6 * DAY + 5 * HOUR - 9 * MINUTE) },
    members: [
      {
        scope: { cloud_provider: 'azure' },
        severity: 'page',
        rules: ['page-fast', 'page-slow', 'ticket-fast'],
        rate: 151.7,
        firing: false,
      },
    ],
    timeline: [
      {
        at: at(6 * DAY + 5 * HOUR - 4 * MINUTE),
        kind: 'opened',
        text: 'page-fast fires on azure: 21.0× over 1 h, 144× over 5 min',
        by: null,
      },
      {
        at: at(6 * DAY + 5 * HOUR - 9 * MINUTE),
        kind: 'acknowledged',
        text: 'Acknowledged',
        by: 'Aiko Tanaka',
      },
      {
        at: at(6 * DAY + 2 * HOUR),
        kind: 'note',
        text: 'Azure Japan East: certificate rotation on their load balancer, ticket open with them',
        by: 'Aiko Tanaka',
      },
      {
        at: at(6 * DAY - 30 * MINUTE),
        kind: 'resolved',
        text: 'Both windows of every rule are below their factors',
        by: null,
      },
    ],
  }
}

function checkoutOnGcp(at: Ago): Story {
  return {
    id: 'INC-2026-0131',
    slo: 'checkout-availability',
    objective: '0',
    name: 'Checkout availability',
    service: 'checkout',
    scope: { cloud_provider: 'gcp' },
    severity: 'page',
    state: 'resolved',
    sentence: 'Checkout availability burned 61× on gcp for 3 h and spent 34 % of its 30 d budget.',
    startedAt: at(9 * DAY),
    openedAt: at(9 * DAY - 5 * MINUTE),
    resolvedAt: at(9 * DAY - 3 * HOUR - 20 * MINUTE),
    blindSince: null,
    reopened: 2,
    peakRate: 61.3,
    badEvents: 38_120,
    budgetSpent: 0.34,
    acknowledged: { by: 'Kenji Mori', at: at(9 * DAY - 11 * MINUTE) },
    members: [
      {
        scope: { cloud_provider: 'gcp' },
        severity: 'page',
        rules: ['page-fast'],
        rate: 61.3,
        firing: false,
      },
    ],
    timeline: [
      { at: at(9 * DAY - 5 * MINUTE), kind: 'opened', text: 'page-fast fires on gcp', by: null },
      { at: at(9 * DAY - 11 * MINUTE), kind: 'acknowledged', text: 'Acknowledged', by: 'Kenji Mori' },
      {
        at: at(9 * DAY - HOUR),
        kind: 'reopened',
        text: 'Fires again 12 min after it was resolved',
        by: null,
      },
      {
        at: at(9 * DAY - 3 * HOUR - 20 * MINUTE),
        kind: 'resolved',
        text: 'Both windows of every rule are below their factors',
        by: null,
      },
    ],
  }
}

function checkoutEverywhere(at: Ago): Story {
  return {
    id: 'INC-2026-0118',
    slo: 'checkout-availability',
    objective: '0',
    name: 'Checkout availability',
    service: 'checkout',
    scope: {},
    severity: 'ticket',
    state: 'resolved',
    sentence: 'Checkout availability burned 24× on every cloud for 40 min and spent 9 % of its 30 d budget.',
    startedAt: at(17 * DAY),
    openedAt: at(17 * DAY - 6 * MINUTE),
    resolvedAt: at(17 * DAY - 50 * MINUTE),
    blindSince: null,
    reopened: 0,
    peakRate: 24.2,
    badEvents: 9880,
    budgetSpent: 0.09,
    acknowledged: null,
    members: [{ scope: {}, severity: 'page', rules: ['page-fast'], rate: 24.2, firing: false }],
    timeline: [
      { at: at(17 * DAY - 6 * MINUTE), kind: 'opened', text: 'page-fast fires', by: null },
      {
        at: at(17 * DAY - 50 * MINUTE),
        kind: 'resolved',
        text: 'Both windows of every rule are below their factors',
        by: null,
      },
    ],
  }
}
