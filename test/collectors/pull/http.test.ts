import { expect, test } from 'vitest'
import { askUrl, type HttpLimits } from '../../../src/collectors/pull/index.ts'
import { createTestWorld } from '../../world.ts'

const LIMITS: HttpLimits = { firstByteMs: 5_000, totalMs: 20_000, maxBytes: 1_000 }
const START = Date.parse('2026-11-20T12:00:00Z') / 1_000

/** Answers with what `respond` gives; never, when it gives nothing. */
function ask(
  respond: (signal: AbortSignal) => Response | Error | undefined,
  leaving = new AbortController().signal,
) {
  const world = createTestWorld({
    start: START,
    fetch: (_, init) =>
      new Promise((resolve, reject) => {
        const signal = init?.signal ?? new AbortController().signal
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        const answer = respond(signal)
        if (answer instanceof Response) resolve(answer)
        else if (answer) reject(answer)
      }),
  })
  const request = { url: 'http://prom:9090/x', method: 'GET', headers: {}, limits: LIMITS } as const
  return { world, answer: askUrl(world, request, leaving) }
}

/** A body of which some comes at once, and the rest never. */
const unfinished = (signal: AbortSignal): Response =>
  new Response(
    new ReadableStream({
      start: (controller) => {
        controller.enqueue(new Uint8Array(10))
        signal.addEventListener('abort', () => controller.error(signal.reason))
      },
    }),
  )

test('an answer comes with its status and text', async () => {
  const { answer } = ask(() => new Response('hello', { status: 418 }))
  expect(await answer).toMatchObject({
    kind: 'ok',
    value: { status: 418, text: 'hello', contentType: 'text/plain;charset=UTF-8', retryAfterMs: undefined },
  })
})

test.each([
  ['17', 17_000],
  ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
  ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After: %s is so long to wait', async (text, expected) => {
  const { answer } = ask(() => new Response('', { status: 429, headers: { 'retry-after': text } }))
  expect(await answer).toMatchObject({ value: { retryAfterMs: expected } })
})

test('a server that says nothing is left after the first limit', async () => {
  const { world, answer } = ask(() => undefined)
  await world.advance(5_001)
  expect(await answer).toMatchObject({
    error: { kind: 'silent', text: 'prom:9090 did not answer within 5000 ms' },
  })
})

test('an answer that does not end is left after the second limit', async () => {
  const { world, answer } = ask(unfinished)
  await world.advance(20_001)
  expect(await answer).toMatchObject({
    error: { kind: 'slow', text: 'prom:9090 did not finish answering within 20000 ms' },
  })
})

test('a body beyond the cap is not read to its end', async () => {
  const { answer } = ask(() => new Response('x'.repeat(1_001)))
  expect(await answer).toMatchObject({ error: { kind: 'too-large' } })
})

test.each(['ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'EWHATEVER'])(
  '%s is told in words',
  async (code) => {
    const cause = Object.assign(new Error(code), { code })
    const { answer } = ask(() => new TypeError('fetch failed', { cause }))
    const found = await answer
    expect(found).toMatchObject({ kind: 'failed', error: { kind: 'network' } })
    expect(found.kind === 'failed' && found.error.text).toContain('prom:9090')
  },
)

test('who leaves waits for nothing', async () => {
  const leaving = new AbortController()
  const { answer } = ask(() => undefined, leaving.signal)
  leaving.abort(new Error('stopped'))
  expect(await answer).toMatchObject({ kind: 'failed', error: { kind: 'network' } })
})
