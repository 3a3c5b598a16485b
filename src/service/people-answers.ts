import { type Action, coveringSilence, incidentsOf, type Silence, silenceLabels } from '../alerting/index.ts'
import { later, type Result, seconds, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { Api, Asker, IncidentAction, Until } from '../http/index.ts'
import type { Loop } from './loop.ts'

interface PeopleParts {
  readonly loop: Pick<Loop, 'act' | 'silences' | 'shown'>
  readonly detail: (id: string) => wire.IncidentDetail | undefined
  readonly now: () => UnixSeconds
}

/** What people do to incidents over HTTP: written down before it is answered, and refused with a sentence. */
export function createPeopleAnswers({
  loop,
  detail,
  now,
}: PeopleParts): Pick<Api, 'act' | 'declare' | 'silences' | 'silence' | 'endSilence'> {
  const shownOf = (silence: Silence): wire.Silence => toWire(silence, loop, now())
  return {
    act: async (id, action) => {
      if (!detail(id)) return undefined
      given(await loop.act(actionOf(id, action, now())))
      return detail(id)
    },
    declare: async ({ startedAt, ...declaration }) => {
      const begun = startedAt === undefined ? {} : { startedAt: unixSeconds(startedAt) }
      const { incident } = given(await loop.act({ kind: 'declare', ...declaration, ...begun }))
      if (incident === undefined) throw new RequestRefused('It was declared before, under the same request')
      const declared = detail(incident)
      if (declared === undefined)
        throw new RequestRefused(
          `${incident} is declared. Nothing was evaluated yet: it can be seen in a minute`,
        )
      return declared
    },
    silences: ({ over }) =>
      loop.silences
        .all()
        .filter(({ until }) => over || until > now())
        .toReversed()
        .map(shownOf),
    silence: async (asked) => {
      const { from, matchers, reason } = asked
      const begun = from === undefined ? {} : { from: unixSeconds(from) }
      const until = instantOf(asked, from === undefined ? now() : unixSeconds(from))
      const made = await loop.silences.create({ matchers, reason, until, ...begun, ...askerOf(asked) })
      return shownOf(given(made))
    },
    endSilence: async (id, { by }) => {
      if (!loop.silences.all().some((silence) => silence.id === id)) return undefined
      return shownOf(given(await loop.silences.end({ id, by })))
    },
  }
}

/** Asked for what cannot be done; the HTTP module answers with the status and the sentence. */
class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
  readonly statusCode = 409
}

function given<T>(result: Result<T, string>): T {
  if (result.kind === 'failed') throw new RequestRefused(result.error)
  return result.value
}

const askerOf = ({ by, request }: Asker): Asker => (request === undefined ? { by } : { by, request })

const instantOf = (asked: Until, from: UnixSeconds): UnixSeconds =>
  'until' in asked ? unixSeconds(asked.until) : later(from, seconds(asked.seconds))

function actionOf(incident: string, action: IncidentAction, now: UnixSeconds): Action {
  return action.kind === 'mute'
    ? { incident, kind: 'mute', until: instantOf(action, now), ...askerOf(action) }
    : { incident, ...action }
}

function toWire(silence: Silence, loop: Pick<Loop, 'shown' | 'silences'>, now: UnixSeconds): wire.Silence {
  const { id, matchers, by, reason, from, until, createdAt } = silence
  const state = until <= now ? 'over' : now < from ? 'pending' : 'active'
  const asked = { silences: [silence], regex: loop.silences.regex, now }
  const shown = loop.shown()
  const covered = shown === undefined ? [] : incidentsOf(shown.alerting)
  return {
    id,
    state,
    matchers: matchers.map((each) => ({ ...each })),
    by,
    reason,
    from,
    until,
    createdAt,
    incidents: covered
      .filter((each) => each.state === 'open' && coveringSilence(asked, silenceLabels(each)) === id)
      .map((each) => each.id),
  }
}
