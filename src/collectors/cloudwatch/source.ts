import type { World } from '../../base/index.ts'
import type { CountSource, Reply } from '../pull/index.ts'
import { askLogs } from './logs.ts'
import { type AskedMetrics, askMetrics } from './metrics.ts'
import type { CloudWatchOptions } from './options.ts'
import { describeQuestion, readQuestion } from './question.ts'

/** One account and region of AWS as a source of counts. See docs/collectors-cloudwatch.md. */
export function createCloudWatchSource(world: World, options: CloudWatchOptions): CountSource {
  const context = { world, options }
  const queue = createQueue(options.logQueries)
  return {
    together: 100,
    describe: describeQuestion,
    ask: async ({ questions, range }, signal) => {
      const replies: Promise<readonly Reply[]>[] = []
      const byRegion = new Map<string, AskedMetrics[]>()
      for (const asked of questions) {
        const read = readQuestion(asked)
        if (read.kind === 'failed') {
          replies.push(Promise.resolve([{ key: asked.key, result: read }]))
          continue
        }
        const question = read.value
        if (question.kind === 'logs') {
          const answer = queue(() => askLogs(context, { asked, question, range }, signal))
          replies.push(answer.then((result) => [{ key: asked.key, result }]))
          continue
        }
        const region = question.region ?? options.access.region
        byRegion.set(region, [...(byRegion.get(region) ?? []), { asked, question }])
      }
      for (const [region, all] of byRegion)
        replies.push(askMetrics({ ...context, region }, { all, range }, signal))
      return (await Promise.all(replies)).flat()
    },
  }
}

/** Runs so many at a time. */
function createQueue(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
