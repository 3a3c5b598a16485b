import { isoMinute, type Range, type UnixSeconds } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import type { CollectorStatus } from '../collector.ts'
import type { Question } from './question.ts'
import { lengthOf, without } from './ranges.ts'

/** Questions listed one by one; those that fail first. */
const SHOWN = 200

/** What people see of a source of counts. */
export function statusOf(
  questions: readonly Question[],
  about: {
    readonly name: string
    readonly type: string
    readonly phase: 'starting' | 'running' | 'stopped'
    readonly describe: (question: ExternalQuery) => string
    readonly remark: (question: ExternalQuery) => string | undefined
    /** What is to be read of each question. */
    readonly wanted: Range
    readonly lastSuccess: UnixSeconds | undefined
    readonly problem: CollectorStatus['problem']
    readonly now: number
  },
): CollectorStatus {
  const { name, type, lastSuccess } = about
  const failing = questions.filter(({ failure }) => failure !== undefined)
  const through = questions.flatMap(({ record, failure }) =>
    failure?.kind === 'refused' ? [] : [record?.read.at(-1)?.to ?? 0],
  )
  const least = Math.min(...through)
  const complete = questions
    .map(({ record }) => record?.read.at(-1)?.to)
    .find((to) => to !== undefined && to === least)
  const sum = (key: 'events' | 'rejected' | 'overflowed'): number =>
    questions.reduce((total, { numbers }) => total + numbers[key], 0)
  const shown = [...failing, ...questions.filter(({ failure }) => failure === undefined)].slice(0, SHOWN)
  const isWell =
    failing.length === 0 && (about.problem === undefined || (lastSuccess ?? 0) >= about.problem.at)
  return {
    name,
    type,
    state: stateOf(questions, { ...about, failing: failing.length }),
    lastSuccess,
    completeThrough: complete,
    events: sum('events'),
    rejected: sum('rejected'),
    overflowed: sum('overflowed'),
    problem: isWell ? undefined : about.problem,
    targets: shown.map((question) => ({
      name: about.describe(question.asked),
      detail: [detailOf(question, about.wanted), about.remark(question.asked) ?? '']
        .filter((text) => text !== '')
        .join(', '),
      ok: question.failure === undefined,
    })),
  }
}

function stateOf(
  questions: readonly Question[],
  about: {
    readonly phase: 'starting' | 'running' | 'stopped'
    readonly failing: number
    readonly lastSuccess: UnixSeconds | undefined
  },
): CollectorStatus['state'] {
  if (about.phase !== 'running') return about.phase
  if (questions.length === 0) return 'waiting'
  if (about.failing === questions.length) return 'failing'
  return about.lastSuccess === undefined ? 'starting' : 'reading'
}

function detailOf({ record, failure }: Question, wanted: Range): string {
  const through = record?.read.at(-1)?.to
  const left = lengthOf(without(wanted, record?.read ?? []))
  const share = Math.floor((100 * (wanted.to - wanted.from - left)) / Math.max(1, wanted.to - wanted.from))
  const words = [
    ...(failure === undefined ? [] : [failure.text]),
    ...(through === undefined ? ['not read yet'] : [`read up to ${isoMinute(through)}`]),
    ...(left <= 1_800 || through === undefined ? [] : [`${share} % of the past is read`]),
  ]
  return words.join(', ')
}
