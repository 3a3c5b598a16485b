import { failed, type Labels, minuteOf, ok, type Range, type Result } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import {
  type Answer,
  answerOfValues,
  askJson,
  isoSecond,
  isPlain,
  type MinuteValue,
  type PullFailure,
  plainsOf,
  secondsOf,
} from '../pull/index.ts'
import { type GoogleContext, RIGHTS } from './metrics.ts'
import type { GoogleQuestion } from './question.ts'

type Question = Extract<GoogleQuestion, { kind: 'logs' }>

const PAGE_SIZE = 1_000
/** Sixty pages a minute are all that a project may read, by everybody. */
const MOST_PAGES = 30

/** Counts entries of Cloud Logging, by the minute. What is counted often is better a metric, which a project counts itself. */
export async function askEntries(
  { world, options, token }: GoogleContext,
  {
    asked,
    question,
    range,
  }: { readonly asked: ExternalQuery; readonly question: Question; readonly range: Range },
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const values: MinuteValue[] = []
  let pageToken: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const access = await token(signal)
    if (access.kind === 'failed') return access
    const answer = await askJson(
      world,
      {
        url: `${options.loggingUrl}/v2/entries:list`,
        method: 'POST',
        headers: { authorization: `Bearer ${access.value}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          resourceNames: [`projects/${options.project}`],
          filter: `(${question.filter}) AND timestamp>="${isoSecond(range.from)}" AND timestamp<"${isoSecond(range.to)}"`,
          orderBy: 'timestamp asc',
          pageSize: PAGE_SIZE,
          ...(pageToken === undefined ? {} : { pageToken }),
        }),
        limits: options.pull.limits,
        credentials: RIGHTS,
      },
      signal,
    )
    if (answer.kind === 'failed') return answer
    const body = isPlain(answer.value) ? answer.value : {}
    for (const entry of plainsOf(body['entries'])) {
      const at = secondsOf(entry['timestamp'])
      if (at === undefined) return failed(NO_TIME)
      values.push({ labels: labelsOf(entry, question.labels), minute: minuteOf(at), value: 1 })
    }
    const { nextPageToken: next } = body
    // A page may be empty and still be followed by others.
    if (typeof next !== 'string' || next === '')
      return ok(answerOfValues(asked, { range, values, silent: question.silent }))
    pageToken = next
  }
  return failed({
    kind: 'too-much',
    text: `more than ${MOST_PAGES * PAGE_SIZE} entries are to be counted`,
    remedy: 'make a log-based metric of the filter, and ask for that',
  })
}

const NO_TIME: PullFailure = {
  kind: 'unavailable',
  text: 'an entry has no timestamp',
  remedy: 'is there a proxy before Google?',
}

function labelsOf(entry: Readonly<Record<string, unknown>>, wanted: Question['labels']): Labels {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, path]) => {
      let at: unknown = entry
      for (const part of path.split('.')) at = isPlain(at) ? at[part] : undefined
      return typeof at === 'string' || typeof at === 'number' ? [[name, String(at)]] : []
    }),
  )
}
