import { failed, minuteOf, ok, type Range, type Result, type World } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import {
  type Answer,
  answerOfValues,
  askJson,
  type CountSource,
  isPlain,
  type PullFailure,
  type PullOptions,
  plainsOf,
} from '../pull/index.ts'
import { readSecrets, type Secret } from '../secret.ts'

export interface MackerelOptions {
  readonly url: string
  readonly apiKey: Secret
  readonly pull: PullOptions
}

/** Mackerel's service metrics as a source of counts. See docs/collectors-mackerel.md. */
export function createMackerelSource(world: World, options: MackerelOptions): CountSource {
  return {
    together: 1,
    describe: ({ spec }) => `${String(spec['service'])} ${String(spec['metric'])}`,
    ask: ({ questions, range }, signal) =>
      Promise.all(
        questions.map(async (asked) => ({
          key: asked.key,
          result: await ask({ world, options }, { asked, range }, signal),
        })),
      ),
  }
}

async function ask(
  { world, options }: { readonly world: World; readonly options: MackerelOptions },
  { asked, range }: { readonly asked: ExternalQuery; readonly range: Range },
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const { service, metric, absent } = asked.spec
  if (asked.type !== 'Mackerel')
    return refused(`a question of type ${asked.type} is asked of Mackerel`, 'write type: Mackerel')
  if (typeof service !== 'string' || typeof metric !== 'string')
    return refused('service and metric are needed', 'write service: shop, metric: requests.total')
  const secrets = await readSecrets({ apiKey: options.apiKey })
  if (secrets.kind === 'failed') return secrets
  // Both ends are inside.
  const params = new URLSearchParams({ name: metric, from: String(range.from), to: String(range.to - 1) })
  const url = `${options.url}/api/v0/services/${encodeURIComponent(service)}/metrics?${params.toString()}`
  const headers = { 'x-api-key': secrets.value.get('apiKey') ?? '' }
  const credentials = 'see the API key of the organization'
  const { limits } = options.pull
  const answer = await askJson(world, { url, method: 'GET', headers, limits, credentials }, signal)
  if (answer.kind === 'failed') return answer
  if (!isPlain(answer.value) || !Array.isArray(answer.value['metrics']))
    return failed({
      kind: 'unavailable',
      text: 'the answer holds no metrics',
      remedy: 'is the url that of Mackerel?',
    })
  const points = plainsOf(answer.value['metrics']).flatMap(({ time, value }) =>
    typeof time === 'number' && typeof value === 'number' ? [{ time, value }] : [],
  )
  // Of a minute the last value is kept, as Mackerel itself does.
  const byMinute = new Map(points.map(({ time, value }) => [minuteOf(time), value]))
  const values = [...byMinute].map(([minute, value]) => ({ labels: {}, minute, value }))
  return ok(answerOfValues(asked, { range, values, silent: absent === 'zero' ? 'zero' : 'unknown' }))
}

const refused = (text: string, remedy: string): Result<never, PullFailure> =>
  failed({ kind: 'refused', text, remedy })
