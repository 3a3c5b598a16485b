import { type Range, type Result, unixSeconds, type World } from '../../src/base/index.ts'
import type { Answer, CountSource, PullFailure } from '../../src/collectors/pull/index.ts'
import type { ExternalQuery } from '../../src/traffic/index.ts'
import { createTestWorld } from '../world.ts'

export const T = 1_790_000_040
export const RANGE: Range = { from: unixSeconds(T), to: unixSeconds(T + 300) }

/** One question to a source behind a network that is emulated. */
export async function askOne(
  create: (world: World) => CountSource,
  emulator: (request: Request) => Response | Promise<Response>,
  question: Pick<ExternalQuery, 'type' | 'spec'> & Partial<ExternalQuery>,
): Promise<Result<Answer, PullFailure>> {
  const fetch: typeof globalThis.fetch = async (input, init) => emulator(new Request(input, init))
  const source = create(createTestWorld({ start: T + 3_000, fetch }))
  const asked: ExternalQuery = { kind: 'external', source: 's', key: 'k', ...question }
  const [reply] = await source.ask({ questions: [asked], range: RANGE }, new AbortController().signal)
  if (reply === undefined) throw new Error('there is no reply')
  return reply.result
}

export function answered(result: Result<Answer, PullFailure>): Answer {
  if (result.kind === 'failed') throw new Error(JSON.stringify(result.error))
  return result.value
}
