import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type * as wire from '../contract/index.ts'

/** What Nines says of the promises and of itself, in Prometheus' text. */
export interface Metrics {
  readonly tickSeconds: Histogram
  readonly ticksFailed: Counter
  readonly text: (shown: MetricsInput) => Promise<string>
}

export interface MetricsInput {
  readonly slos: readonly wire.SloSummary[]
  readonly sources: readonly wire.Source[]
  readonly incidentsOpen: number
  readonly outbox: {
    readonly sent: number
    readonly failed: number
    readonly pending: number
    readonly oldestSeconds: number
  }
  readonly subscribers: number
  readonly now: number
}

type Gauges = ReturnType<typeof createGauges>

export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  const gauges = createGauges(registry)
  gauges.build.set({ version }, 1)
  return {
    tickSeconds: new Histogram({
      name: 'nines_evaluation_seconds',
      help: 'How long one evaluation of everything took.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    }),
    ticksFailed: new Counter({
      name: 'nines_evaluation_failures_total',
      help: 'Evaluations that failed.',
      registers: [registry],
    }),
    text: (shown) => {
      // What is no longer known must vanish, not stay at its last value.
      for (const gauge of Object.values(gauges.labelled)) gauge.reset()
      for (const summary of shown.slos) setSlo(gauges, summary)
      for (const source of shown.sources) setSource(gauges, source, shown.now)
      gauges.incidents.set(shown.incidentsOpen)
      gauges.notifications.set({ result: 'sent' }, shown.outbox.sent)
      gauges.notifications.set({ result: 'failed' }, shown.outbox.failed)
      gauges.pending.set(shown.outbox.pending)
      gauges.oldest.set(shown.outbox.oldestSeconds)
      gauges.live.set(shown.subscribers)
      gauges.memory.set(process.memoryUsage.rss())
      return registry.metrics()
    },
  }
}

// Inference gives the shape: a list of names is what this is.
function createGauges(registry: Registry) {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const slo = ['slo', 'service']
  const source = ['source', 'type']
  return {
    labelled: {
      sli: gauge('nines_slo_sli_ratio', 'Good events of all events over the first window.', slo),
      left: gauge('nines_slo_error_budget_remaining_ratio', 'Budget left; below zero when overspent.', slo),
      burn: gauge('nines_slo_burn_rate', "Burn rate over a rule's long window.", [...slo, 'rule']),
      burning: gauge('nines_slo_rule_burning', '1 while a burn rule fires.', [...slo, 'rule', 'severity']),
      measured: gauge('nines_slo_coverage_ratio', 'Share of the window that is measured.', slo),
      age: gauge('nines_source_data_age_seconds', 'How far behind now a source is complete.', source),
      events: gauge('nines_source_events', 'Events read since the start.', source),
      rejected: gauge('nines_source_rejected', 'Events that could not be read.', source),
      overflowed: gauge('nines_source_overflowed', 'Events beyond the bound on series.', source),
      failing: gauge('nines_source_failing', '1 while a source cannot be read.', source),
    },
    incidents: gauge('nines_incidents_open', 'Incidents that are open.'),
    notifications: gauge('nines_notifications', 'Notifications by result since the start.', ['result']),
    pending: gauge('nines_outbox_pending', 'Notifications that wait to be sent.'),
    oldest: gauge('nines_outbox_oldest_seconds', 'Age of the oldest notification that waits.'),
    live: gauge('nines_live_subscribers', 'Browsers that watch the live stream.'),
    build: gauge('nines_build_info', 'The version that runs.', ['version']),
    memory: gauge('nines_process_resident_memory_bytes', 'Resident memory.'),
  }
}

function setSlo({ labelled }: Gauges, summary: wire.SloSummary): void {
  const labels = { slo: summary.id, service: summary.service }
  const window = summary.whole.windows[0]
  if (!window) return
  if (window.sli !== null) labelled.sli.set(labels, window.sli)
  if (window.budget.leftRatio !== null) labelled.left.set(labels, window.budget.leftRatio)
  if (window.coverage.ratio !== null) labelled.measured.set(labels, window.coverage.ratio)
  for (const verdict of summary.whole.verdicts) {
    if (verdict.long.rate !== null) labelled.burn.set({ ...labels, rule: verdict.rule }, verdict.long.rate)
    const rule = { ...labels, rule: verdict.rule, severity: verdict.severity }
    labelled.burning.set(rule, verdict.kind === 'burning' ? 1 : 0)
  }
}

function setSource({ labelled }: Gauges, source: wire.Source, now: number): void {
  const labels = { source: source.name, type: source.type }
  if (source.completeThrough !== null) labelled.age.set(labels, Math.max(0, now - source.completeThrough))
  labelled.events.set(labels, source.events)
  labelled.rejected.set(labels, source.rejected)
  labelled.overflowed.set(labels, source.overflowed)
  labelled.failing.set(labels, source.state === 'failing' ? 1 : 0)
}
