import { type Range, unixSeconds } from '../../../src/base/index.ts'
import {
  createDatadogEmulator,
  type DatadogEmulatorOptions,
  type Stored,
} from '../../../src/cli/dev/datadog/index.ts'
import { datadogOptions } from '../../../src/collectors/datadog/options.ts'
import { createDatadogSource } from '../../../src/collectors/datadog/source.ts'
import type { Answer, PullFailure } from '../../../src/collectors/pull/index.ts'
import type { ExternalQuery } from '../../../src/traffic/index.ts'
import { createTestWorld } from '../../world.ts'

export const T = 1_790_000_040
export const RANGE: Range = { from: unixSeconds(T), to: unixSeconds(T + 600) }
export const HITS = 'sum:trace.http.request.hits{service:web}.as_count()'

const ENVIRONMENT = { DD_API_KEY: 'api', DD_APP_KEY: 'app' }

export interface AskOptions extends Partial<Omit<DatadogEmulatorOptions, 'clock'>> {
  readonly query?: Partial<ExternalQuery>
  readonly details?: Record<string, unknown>
  readonly environment?: Record<string, string>
  readonly range?: Range
}

/** A world with one organisation in it: the vendor's client asks the emulator. */
export function organisation(options: AskOptions = {}) {
  const { details = {}, environment = ENVIRONMENT, stored = () => [], ...emulated } = options
  const world = createTestWorld({
    start: T + 3_000,
    fetch: (input, init) => emulator.answer(new Request(input, init)),
  })
  const emulator = createDatadogEmulator({
    keys: { api: 'api', app: 'app' },
    stored,
    ...emulated,
    clock: world.clock,
  })
  const checked = datadogOptions({ site: 'datadoghq.eu', ...details }, { name: 'dd', base: '/', environment })
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  return { world, emulator, source: createDatadogSource(world, checked.value) }
}

export const questionOf = (
  spec: Record<string, unknown>,
  more: Partial<ExternalQuery> = {},
): ExternalQuery => ({
  kind: 'external',
  source: 'dd',
  type: 'Datadog',
  spec,
  key: JSON.stringify(spec),
  ...more,
})

export async function ask(spec: Record<string, unknown>, options: AskOptions = {}) {
  const { source } = organisation(options)
  const question = questionOf(spec, options.query)
  const [reply] = await source.ask(
    { questions: [question], range: options.range ?? RANGE },
    new AbortController().signal,
  )
  return reply?.result
}

export async function answer(spec: Record<string, unknown>, options?: AskOptions): Promise<Answer> {
  const result = await ask(spec, options)
  if (result?.kind !== 'ok') throw new Error(JSON.stringify(result))
  return result.value
}

export async function refusal(spec: Record<string, unknown>, options?: AskOptions): Promise<PullFailure> {
  const result = await ask(spec, options)
  if (result?.kind !== 'failed') throw new Error(JSON.stringify(result))
  return result.error
}

/** One series without tags: a value for each minute of the range, by its number. */
export const plain =
  (value: (minute: number) => number | null): Stored =>
  (_, minute) => [{ tags: [], value: value((minute - T) / 60) }]
