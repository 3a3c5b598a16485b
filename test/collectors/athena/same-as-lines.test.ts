import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../../src/base/index.ts'
import { SOURCE_KINDS } from '../../../src/collectors/index.ts'
import { createTestWorld } from '../../world.ts'
import { TestLedger } from '../log/ledger.ts'
import { albLine, draws, putObject } from './alb.ts'
import { BUCKET, createRig, PREFIX } from './rig.ts'

// Goal: a request is the same series, outcome and bin whether the engine groups it or its line is decoded. Method: paths,
// statuses and times of every odd shape, in one table, by both ways.

const NOON = Date.UTC(2026, 10, 20, 12) / 1_000
const HOUR = { from: unixSeconds(NOON), to: unixSeconds(NOON + 3_600) }

const segment = fc.oneof(
  fc.constantFrom(
    'v1',
    'users',
    'shop.v1.Checkout',
    'grpc.health.v1.Health',
    'Check',
    'Pay',
    'a'.repeat(70),
    '{id}',
    '',
    '.',
    'index.html',
  ),
  fc.stringMatching(/^[0-9]{1,12}([.,][0-9]{1,3})?$/),
  fc.stringMatching(/^(0x)?[0-9a-fA-F]{6,20}$/),
  fc.stringMatching(/^[a-z]{1,18}[-_:][A-Za-z0-9]{2,14}$/),
  fc.stringMatching(/^[\w.~=+-]{15,30}$/),
  fc.uuid(),
  fc.stringMatching(/^[a-z]{1,5}@[a-z]{1,5}$/),
)
const path = fc
  .tuple(fc.array(segment, { maxLength: 14 }), fc.constantFrom('', '?a=1', '?u=/x/123', '#part', '/'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`)
const line = fc
  .record({
    path,
    seed: fc.nat(),
    second: fc.integer({ min: 0, max: 3_599 }),
    took: fc.integer({ min: 0, max: 120_000_000 }),
  })
  .map(({ path: asked, seed, second, took }) => {
    const made = albLine((NOON + second) * 1_000, draws(seed))
    return made
      .replace(/:443\/\S*/, () => `:443${asked}`)
      .replace(
        / 0\.00\d \d+\.\d{3} 0\.000 /,
        () => ` 0.001 ${(took / 1e6).toFixed(seed % 2 === 0 ? 3 : 6)} 0.000 `,
      )
  })

test('what the engine groups is what the lines say', async () => {
  const one = await createRig()
  try {
    const lines = fc.sample(line, { numRuns: 3_000, seed: 42 })
    putObject(one.root, `${BUCKET}/${PREFIX}/2026/11/20/a.log.gz`, lines)
    const rules = {
      operations: ['/v1/users/{user}', '/shop/**', '/v1/*/orders/'],
      healthChecks: { paths: ['/v1/users', '/index*'], agents: ['curl/'] },
      outcomes: { 'http-404': 'bad' },
      maxSeries: 10_000,
    }
    const clock = createTestWorld({ start: NOON + 86_400 }).clock
    const world = {
      ...createTestWorld(),
      clock: {
        ...clock,
        sleep: (ms: number) => new Promise<void>((done) => void setTimeout(done, Math.min(ms, 20))),
      },
    }
    const [grouped, decoded] = [new TestLedger(), new TestLedger()]
    const athena = one.open(world, rules)
    const s3 = SOURCE_KINDS.get('S3Logs')?.open(world, {
      name: 'edge',
      input: '',
      labels: { cloud_provider: 'aws' },
      details: {
        region: 'x',
        endpoint: one.emulator.url,
        bucket: BUCKET,
        prefix: `${PREFIX}/{yyyy/MM/dd}/`,
        format: 'alb',
        service: { from: 'upstream_cluster' },
        ...rules,
      },
      base: '/',
      run: 'run',
      questions: () => [],
    })
    if (s3?.kind !== 'ok') throw new Error(JSON.stringify(s3))
    await athena.collect?.(HOUR, { sink: grouped, again: false }, AbortSignal.timeout(30_000))
    await s3.value.collect?.(HOUR, { sink: decoded, again: false }, AbortSignal.timeout(30_000))
    expect(s3.value.status()).toMatchObject({ events: 3_000, rejected: 0 })
    expect(grouped.numbers()).toEqual(decoded.numbers())
  } finally {
    await one.emulator.close()
  }
})
