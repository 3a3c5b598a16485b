import type { IncidentBrief } from '../brief.ts'
import { escaped, link } from '../text.ts'
import { wordsFor } from '../words.ts'
import type { SlackMessage } from './blocks.ts'
import { sentenceOf } from './facts.ts'

/** Slack shows a text whole up to 4,000 characters. */
const LENGTH_MAX = 3_600

/** One message for all that opened and ended while Slack could not be reached. At least one brief. */
export function renderDigest(briefs: readonly IncidentBrief[]): SlackMessage {
  const words = wordsFor(briefs[0]?.locale ?? 'en')
  const lines: string[] = []
  let room = LENGTH_MAX
  for (const brief of briefs) {
    const id = link(brief.pageUrl, escaped(brief.incident.id, 40))
    const line = `• ${id} ${escaped(brief.name, 80)}: ${escaped(sentenceOf(brief, words), 160)}`
    room -= line.length + 1
    if (room < 0) break
    lines.push(line)
  }
  const more = briefs.length - lines.length
  return { text: [words.digest(briefs.length), ...lines, ...(more > 0 ? [`+${more}`] : [])].join('\n') }
}
