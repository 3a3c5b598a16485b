import { between, type Range, type World } from '../../base/index.ts'
import type { Collected } from '../collector.ts'
import type { Question } from './question.ts'
import { partsOf, without } from './ranges.ts'

/** Questions that are asked together for one range. */
export interface Job {
  readonly questions: readonly Question[]
  readonly range: Range
  /** The name of a reading that was begun before; absent: it begins now. */
  readonly attempt?: string
}

/** What is to be asked so that a stretch of the past is read: the newest of all questions first. */
export function jobsOfPast(
  questions: readonly Question[],
  options: {
    readonly bounds: Range
    readonly again: boolean
    readonly chunkSeconds: number
    readonly together: number
  },
): readonly Job[] {
  const { bounds, again, chunkSeconds, together } = options
  const byRange = new Map<string, { readonly range: Range; readonly questions: Question[] }>()
  for (const question of questions) {
    const holes = without(bounds, again ? [] : (question.record?.settled ?? []))
    for (const range of holes.flatMap((hole) => partsOf(hole, chunkSeconds))) {
      const key = `${range.from} ${range.to}`
      const found = byRange.get(key) ?? { range, questions: [] }
      byRange.set(key, found)
      found.questions.push(question)
    }
  }
  return [...byRange.values()]
    .sort((a, b) => b.range.to - a.range.to)
    .flatMap(({ range, questions: all }) =>
      Array.from({ length: Math.ceil(all.length / together) }, (_, i) => ({
        range,
        questions: all.slice(i * together, (i + 1) * together),
      })),
    )
}

/** Between attempts while the source as a whole does not answer, and how many of them in a row. */
const REST_MS = 10_000
const ATTEMPTS = 30
const UNWRITTEN = { text: 'its answers could not be written', remedy: 'see the state of the store' }

/** Reads all jobs, some at a time. A question that is refused is left out from then on; a source that is away is waited for. */
export async function collectJobs(
  world: World,
  jobs: readonly Job[],
  options: {
    readonly read: (job: Job) => Promise<boolean>
    readonly describe: (question: Question) => string
    readonly lanes: number
    readonly signal: AbortSignal
    readonly onProgress?: (collected: Collected) => void
  },
): Promise<Collected> {
  const { signal, onProgress } = options
  const stopped = new Map<
    Question,
    { readonly question: string; readonly text: string; readonly remedy: string }
  >()
  const minutes = ({ range, questions }: Job): number =>
    (between(range.from, range.to) / 60) * questions.length
  const wanted = jobs.reduce((sum, job) => sum + minutes(job), 0)
  let read = 0
  const told = (): Collected => ({ wanted, read, failures: [...stopped.values()] })
  const readOne = async (all: Job): Promise<void> => {
    for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt++) {
      const job = { ...all, questions: all.questions.filter((question) => !stopped.has(question)) }
      if (job.questions.length === 0) return
      if (await options.read(job)) {
        read += minutes(job)
        return
      }
      for (const question of job.questions) {
        const { failure } = question
        const isOver = failure?.kind === 'refused' || failure?.kind === 'too-much' || attempt === ATTEMPTS
        if (isOver) {
          const { text, remedy } = failure ?? UNWRITTEN
          stopped.set(question, { question: options.describe(question), text, remedy })
        }
      }
      if (job.questions.every((question) => stopped.has(question))) return
      await world.clock.sleep(REST_MS, signal).catch(() => undefined)
    }
  }
  const queue = jobs.values()
  const lane = async (): Promise<void> => {
    for (const job of queue) {
      await readOne(job)
      if (signal.aborted) return
      onProgress?.(told())
    }
  }
  await Promise.all(Array.from({ length: options.lanes }, lane))
  return told()
}
