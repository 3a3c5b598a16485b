import { createRandom } from '../../world.ts'
import type { Dump } from './server.ts'

export type Sample = readonly [at: number, value: number]

export interface Counter {
  readonly region: string
  readonly code: string
  readonly samples: readonly Sample[]
}

/**
 * Counters of some pods in two regions over days, scraped every half a minute and a little more or less: pods restart,
 * single ones are not reached for minutes and for hours, Prometheus is down for a while, and the errors of a pod begin
 * on some later day.
 */
export function createCounters(options: {
  readonly from: number
  readonly to: number
  readonly seed: number
}): {
  readonly counters: readonly Counter[]
  readonly dumps: readonly Dump[]
} {
  const { from, to, seed } = options
  const counters: Counter[] = []
  const lines: { series: string; samples: Sample[] }[] = []
  const up: { series: string; samples: Sample[] }[] = []
  const down = [from + (to - from) / 3, from + (to - from) / 3 + 2_400] as const
  for (const [i, region] of ['eu-west-1', 'eu-west-1', 'us-east-1'].entries()) {
    const random = createRandom(seed + i)
    const away = [
      [from + 86_400 * (i + 1), 200],
      [from + 86_400 * (i + 2), 1_200],
      [from + 86_400 * (i + 3), 7_200],
    ] as const
    const good: Sample[] = []
    const bad: Sample[] = []
    const alive: Sample[] = []
    const errorsFrom = from + 86_400 * (i * 0.3 + 0.1)
    let served = 1_000_000 * i
    let failed = 0
    for (let at = from + i; at < to; at = Math.round((at + 28 + 4 * random()) * 1_000) / 1_000) {
      if (random() < 0.0005) {
        served = 0
        failed = 0
      }
      served += Math.floor(random() * 40)
      if (at > errorsFrom && random() < 0.1) failed += Math.ceil(random() * 3)
      const isAway = away.some(([start, length]) => at >= start && at < start + length)
      if (isAway || (at >= down[0] && at < down[1])) continue
      good.push([at, served])
      if (failed > 0 || bad.length > 0) bad.push([at, failed])
      alive.push([at, 1])
    }
    const target = `job="shop",instance="10.0.0.${i + 1}:9090"`
    for (const [code, samples] of [
      ['200', good],
      ['500', bad],
    ] as const) {
      counters.push({ region, code, samples })
      lines.push({ series: `http_requests_total{${target},region="${region}",code="${code}"}`, samples })
    }
    up.push({ series: `up{${target}}`, samples: alive })
  }
  return {
    counters,
    dumps: [
      { type: 'counter', family: 'http_requests', lines },
      { type: 'gauge', family: 'up', lines: up },
    ],
  }
}

/**
 * What was counted, by region and minute, worked out from the samples themselves: what each rose by since the one
 * before, unless that is more than an hour ago. The first of a pod's errors rose from zero, as the pod was there.
 */
export function increasesOf(counters: readonly Counter[], code: RegExp): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { region, code: own, samples } of counters) {
    if (!code.test(own)) continue
    for (const [i, [at, value]] of samples.entries()) {
      const before = samples[i - 1]
      const minute = Math.ceil(at / 60) * 60 - 60
      const isNew = before === undefined || at - before[0] > 3_600
      const rose = isNew
        ? before === undefined && own === '500'
          ? value
          : 0
        : value < before[1]
          ? value
          : value - before[1]
      if (rose > 0) sums.set(`${minute} ${region}`, (sums.get(`${minute} ${region}`) ?? 0) + rose)
    }
  }
  return sums
}
