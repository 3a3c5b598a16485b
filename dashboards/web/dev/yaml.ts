import type { SloDetail } from '../../../src/contract/index.ts'
import type { Profile } from './profiles.ts'

/** The definition as somebody would have written it, with the commit that brought it. */
export function yamlOf(profile: Profile, now: number): SloDetail['origin'] {
  const match = `{service_name="${profile.service}"}`
  const within = profile.latency ? `, within: ${profile.indicator.replace('within ', '')}` : ''
  const window = profile.calendar
    ? '- duration: 1M\n      calendar: { startTime: "2026-01-01 00:00:00", timeZone: Asia/Tokyo }'
    : `- { duration: ${profile.window}, isRolling: true }`
  const text = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: ${profile.slo}
  displayName: ${profile.name}
  annotations:
    nines.dev/split-by: cloud_provider,cloud_region
    nines.dev/burn-policy: google-30d
    nines.dev/owner: ${profile.owner}
    nines.dev/runbook: ${profile.runbook}
spec:
  description: ${profile.description}
  service: ${profile.service}
  indicator:
    metadata: { name: ${profile.slo}-indicator }
    spec:
      ratioMetric:
        counter: true
        # One source counts each request once.
        good:
          metricSource:
            metricSourceRef: edge
            type: Requests
            spec: { match: '${match}', outcome: good${within} }
        total:
          metricSource:
            metricSourceRef: edge
            type: Requests
            spec: { match: '${match}' }
  timeWindow:
    ${window}
  budgetingMethod: ${profile.method === 'occurrences' ? 'Occurrences' : 'Timeslices'}
  objectives:
    - target: ${(Number(profile.target) * 1000) / 100_000}
`
  return {
    file: `slo-definitions/${profile.service}.yaml`,
    line: 1,
    text,
    commit: { id: '4f1c9be2a7', author: 'Aiko Tanaka', at: now - 12 * 86_400, dirty: false },
  }
}
