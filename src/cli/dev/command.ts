import type { World } from '../../base/index.ts'
import { EXIT, type Io } from '../io.ts'
import { createCloudWatchEmulator } from './cloudwatch/index.ts'
import { createDatadogEmulator, createShop, type Fault } from './datadog/index.ts'
import { serveEmulator } from './serve.ts'

export type Emulated = 'datadog' | 'cloudwatch'

export interface DevOptions {
  readonly port: number
  /** Calls that each endpoint allows in ten minutes. */
  readonly limit: number
  /** Of a hundred calls so many fail: by turns an error, half an answer, and half a minute of silence. */
  readonly faults: number
}

/** Serves an emulator of an outside service until it is stopped. */
export async function devCommand(
  io: Io,
  world: World,
  { what, options }: { readonly what: Emulated; readonly options: DevOptions },
  signal: AbortSignal,
): Promise<number> {
  const { clock, log } = world
  const server = await serveEmulator(answerOf(world, what, options), {
    port: options.port,
    onError: (error) => log.warn('the emulator did not answer', { err: error }),
  })
  io.stdout(`${server.url}\n`)
  io.stderr(`${REMEDIES[what]}\n`)
  while (!signal.aborted) await clock.sleep(3_600_000, signal).catch(() => undefined)
  await server.close()
  return EXIT.ok
}

const REMEDIES: Readonly<Record<Emulated, string>> = {
  datadog: 'Write it as url of a DataSource of type Datadog, with any keys. Ctrl-C ends it.',
  cloudwatch:
    'Write it as endpoint of a DataSource of type CloudWatch, with any credentials. Ctrl-C ends it.',
}

function answerOf(
  { clock, random }: World,
  what: Emulated,
  { limit, faults }: DevOptions,
): (request: Request) => Promise<Response> {
  let failed = 0
  const isFaulty = (): boolean => random() * 100 < faults
  if (what === 'datadog') {
    const kinds: readonly Fault[] = [
      { kind: 'status', status: 503 },
      { kind: 'half' },
      { kind: 'stall', ms: 30_000 },
    ]
    const fault = (): Fault | undefined => (isFaulty() ? kinds[failed++ % kinds.length] : undefined)
    return createDatadogEmulator({
      clock,
      stored: createShop(),
      limit: { calls: limit, periodSeconds: 600 },
      fault,
    }).answer
  }
  const shop = createShop()
  return createCloudWatchEmulator({
    clock,
    fault: () => (isFaulty() ? 'throttled' : undefined),
    stored: ({ metric }, minute) => {
      const stat = /5xx/i.test(metric) ? 'errors' : 'hits'
      const [found] = shop(
        { name: 'a', source: 'apm_metrics', text: '', fields: { stat, service: 'checkout' } },
        minute,
      )
      return found?.value ?? undefined
    },
  }).answer
}
