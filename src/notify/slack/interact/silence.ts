import { matcherWords, type Silence } from '../../../alerting/index.ts'
import { later, type Result, seconds, type UnixSeconds, type World } from '../../../base/index.ts'
import { clean, escaped } from '../../text.ts'
import type { Words } from '../../words.ts'
import { dateToken } from '../facts.ts'
import type { Asked } from './command.ts'
import type { Person } from './people.ts'
import type { IncidentPort } from './port.ts'

const SHOWN = 15

type SilenceAsked = Extract<Asked, { readonly kind: 'silences' | 'silence' | 'end-silence' }>

/** Does what is asked of silences, and says in one answer what came of it. */
export async function silenceText(
  { world, port }: { readonly world: World; readonly port: IncidentPort },
  asked: SilenceAsked,
  {
    person,
    words,
    request,
  }: { readonly person: Person; readonly words: Words; readonly request: string | undefined },
): Promise<string> {
  const { silences, answers } = words.desk
  const now = world.clock.now()
  const until = (at: UnixSeconds): string =>
    dateToken(at, { zone: person.zone ?? 'UTC', locale: words.locale })
  if (asked.kind === 'silences') {
    const all = port.silences()
    if (all.length === 0) return silences.none
    const lines = all.slice(0, SHOWN).map((each) => silences.line(lineOf(each, until)))
    return [silences.list(all.length), ...lines].join('\n')
  }
  if (person.may.kind === 'no') return answers[person.may.why]
  const by = clean(person.name, 200)
  let done: Result<Silence, string>
  try {
    done =
      asked.kind === 'silence'
        ? await port.silence({
            matchers: asked.matchers,
            by,
            reason: asked.why,
            until: later(now, seconds(asked.seconds)),
            ...(request === undefined ? {} : { request }),
          })
        : await port.endSilence({ id: asked.id, by })
  } catch (error) {
    world.log.error('a silence could not be written down', { err: error })
    return answers.failed
  }
  world.log.info('asked in Slack', { what: asked.kind, user: person.id, outcome: done.kind })
  if (done.kind === 'failed') return answers.refused(escaped(done.error, 300))
  const { id, matchers, until: end } = lineOf(done.value, until)
  return asked.kind === 'silence' ? silences.made(id, matchers, end) : silences.ended(id)
}

function lineOf(silence: Silence, until: (at: UnixSeconds) => string) {
  return {
    id: silence.id,
    matchers: `\`${escaped(matcherWords(silence.matchers).replaceAll('`', "'"), 300)}\``,
    until: until(silence.until),
    by: escaped(silence.by, 80),
    reason: escaped(silence.reason, 200),
  }
}
