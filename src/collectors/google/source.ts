import type { World } from '../../base/index.ts'
import type { CountSource, Reply } from '../pull/index.ts'
import { askEntries } from './logs.ts'
import { askSeries } from './metrics.ts'
import type { GoogleOptions } from './options.ts'
import { describeQuestion, readQuestion } from './question.ts'
import { createGoogleToken } from './token.ts'

/** One project of Google Cloud as a source of counts. See docs/collectors-google.md. */
export function createGoogleSource(world: World, options: GoogleOptions): CountSource {
  const token = createGoogleToken(world, { keyFile: options.keyFile, limits: options.pull.limits })
  const context = { world, options, token }
  return {
    together: 1,
    describe: describeQuestion,
    ask: ({ questions, range }, signal) =>
      Promise.all(
        questions.map(async (asked): Promise<Reply> => {
          const read = readQuestion(asked)
          if (read.kind === 'failed') return { key: asked.key, result: read }
          const question = read.value
          const result =
            question.kind === 'logs'
              ? await askEntries(context, { asked, question, range }, signal)
              : await askSeries(context, { asked, question, range }, signal)
          return { key: asked.key, result }
        }),
      ),
  }
}
