import { z } from 'zod'
import { type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Body } from './destination.ts'
import { escaped, link } from './text.ts'

/** Something that people are told once and that is no incident: a budget half spent, a sale in an hour, a dead source. */
export interface Notice {
  /** Unique for ever: telling it twice is telling it once. */
  readonly id: string
  readonly at: UnixSeconds
  readonly severity: 'page' | 'ticket'
  /** Empty: no service's in particular. */
  readonly service: string
  /** For routes, besides service and severity. */
  readonly labels: Readonly<Record<string, string>>
  readonly title: string
  readonly text: string
  /** Where it can be seen; empty: nowhere. */
  readonly url: string
}

const TITLE_MAX = 300
const TEXT_MAX = 3_000

/** What the journal holds, under the kind `notice`. */
export const noticeEntry: z.ZodType<Notice> = z.object({
  id: z.string().min(1).max(300),
  at: z.number().int().transform(unixSeconds),
  severity: z.enum(['page', 'ticket']),
  service: z.string(),
  labels: z.record(z.string(), z.string()),
  title: z.string().min(1),
  text: z.string(),
  url: z.string(),
})

/** As a message in a channel. */
export function noticeBody(notice: Notice): Body {
  const title = link(notice.url === '' ? undefined : notice.url, escaped(notice.title, TITLE_MAX))
  const text = escaped(notice.text, TEXT_MAX)
  return { text: text === '' ? `*${title}*` : `*${title}*\n${text}` }
}
