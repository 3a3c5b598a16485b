import { expect, test } from 'vitest'
import { seconds } from '../../src/base/index.ts'
import type { Ledger } from '../../src/store/index.ts'
import { minute, only, row, span, step } from './store-words.ts'

/** What any ledger promises of traffic by labels. */
export function trafficContract(ledger: () => Ledger): void {
  test('traffic is told by labels, outcome and reason, each source by itself, with what is ignored', async () => {
    const latency = { bins: [10, 20], counts: [1, 2] }
    const aws = { service_name: 'pay', operation: '/a', cloud_provider: 'aws' }
    const gcp = { service_name: 'pay', operation: '/b', cloud_provider: 'gcp' }
    await ledger().write(
      step({
        traffic: [
          row('seen-edge', { labels: aws, count: 3, latency }),
          row('seen-edge', { labels: gcp, minute: minute(2), count: 4, latency }),
          row('seen-edge', {
            labels: aws,
            outcome: 'bad',
            reason: '5xx',
            minute: minute(1),
            count: 2,
            latency,
          }),
          row('seen-edge', { labels: aws, outcome: 'ignored', reason: 'health-check', count: 9, latency }),
          row('seen-apm', { labels: aws, count: 3 }),
        ],
      }),
    )
    const range = span(0, 4)
    const match = only('service_name', 'pay')
    const told = await ledger().traffic({
      source: 'seen-edge',
      match,
      by: ['cloud_provider'],
      range,
      width: seconds(120),
    })
    const plain = told.map(({ source, labels, parts }) => ({
      source,
      labels,
      parts: parts.map(({ outcome, reason, counts }) => `${outcome} ${reason} ${counts.join(' ')}`),
    }))
    expect(plain).toEqual([
      {
        source: 'seen-edge',
        labels: { cloud_provider: 'aws' },
        parts: ['good 2xx 3 0', 'bad 5xx 2 0', 'ignored health-check 9 0'],
      },
      { source: 'seen-edge', labels: { cloud_provider: 'gcp' }, parts: ['good 2xx 0 4'] },
    ])
    const everywhere = await ledger().traffic({ by: ['service_name'], range, width: seconds(240) })
    const pay = everywhere.filter(({ labels }) => labels['service_name'] === 'pay')
    expect(pay.map(({ source }) => source)).toEqual(['seen-apm', 'seen-edge'])
    expect(await ledger().latencyGroups({ source: 'seen-edge', match, by: ['operation'], range })).toEqual([
      { source: 'seen-edge', labels: { operation: '/a' }, latency: { bins: [10, 20], counts: [2, 4] } },
      { source: 'seen-edge', labels: { operation: '/b' }, latency: { bins: [10, 20], counts: [1, 2] } },
    ])
  })
}
