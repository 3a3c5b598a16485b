import type { UnixSeconds } from '../../base/index.ts'
import { isoInstant } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import { sentenceOf } from '../slack/facts.ts'
import { clean } from '../text.ts'
import { wordsFor } from '../words.ts'

/** An incident as Alertmanager knows alerts. The labels are its identity. */
export interface PlainAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: UnixSeconds
  /** Undefined while it fires. */
  readonly endsAt: UnixSeconds | undefined
  readonly generatorURL: string
}

const TEXT_MAX = 1_000

/** Where it burns is an annotation and no label: it moves while the incident stays the same. */
export function alertOf(brief: IncidentBrief): PlainAlert {
  const { incident } = brief
  const words = wordsFor(brief.locale)
  const scope = Object.values(incident.scope).join(' ')
  return {
    labels: {
      alertname: 'NinesBudgetBurn',
      incident: incident.id,
      slo: incident.slo,
      objective: incident.objective,
      service: incident.service,
      severity: incident.severity,
    },
    annotations: filled({
      summary: clean(`${brief.name}: ${sentenceOf(brief, words)}`, TEXT_MAX),
      target: words.promise(brief.target, brief.window),
      scope,
      owner: brief.owner,
      runbook_url: brief.runbook,
      acknowledged_by: incident.acknowledged?.by ?? '',
    }),
    startsAt: incident.openedAt,
    endsAt: incident.state === 'resolved' ? (incident.resolvedAt ?? brief.now) : undefined,
    generatorURL: brief.pageUrl,
  }
}

/** Alertmanager drops empty values; so do we, that what we say we sent is what it has. */
const filled = (record: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, text]) => (text === '' ? [] : [[name, clean(text, TEXT_MAX)]])),
  )

const SEPARATOR = 255
const FNV_OFFSET = 14_695_981_039_346_656_037n
const FNV_PRIME = 1_099_511_628_211n

/** FNV-1a over names and values in order, each followed by the byte 255: what Prometheus calls a fingerprint. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let hash = FNV_OFFSET
  const take = (text: string): void => {
    for (const byte of [...new TextEncoder().encode(text), SEPARATOR])
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME)
  }
  for (const name of Object.keys(labels).sort()) {
    take(name)
    take(labels[name] ?? '')
  }
  return hash.toString(16).padStart(16, '0')
}

/** Go's zero time: what Alertmanager writes for an alert that has no end. */
const NO_END = '0001-01-01T00:00:00Z'

export const endText = (at: UnixSeconds | undefined): string => (at === undefined ? NO_END : isoInstant(at))
