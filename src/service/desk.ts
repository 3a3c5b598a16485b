import { incidentOf, incidentsOf } from '../alerting/index.ts'
import { ok, type UnixSeconds, type World } from '../base/index.ts'
import { createSlackDesk, type IncidentPort, type PromiseLine, type SlackDesk } from '../notify/index.ts'
import { type BriefSources, outlineOf } from './briefs.ts'
import type { Loop } from './loop.ts'
import type { SlackOptions } from './options.ts'

interface DeskParts {
  readonly loop: Loop
  readonly briefs: BriefSources
}

/** Where presses, forms and commands from Slack arrive; undefined when nothing is configured for it. */
export function createDesk(
  world: World,
  slack: SlackOptions | undefined,
  parts: DeskParts,
): SlackDesk | undefined {
  if (slack?.desk === undefined) return undefined
  const { signingSecrets, appToken, responders, hooks } = slack.desk
  return createSlackDesk(
    slack.fetch ? { ...world, fetch: slack.fetch } : world,
    portOf(parts, world.clock.now),
    {
      token: slack.token,
      signingSecrets,
      responders,
      locale: slack.locale,
      ...(appToken === undefined ? {} : { appToken }),
      ...(slack.apiUrl === undefined ? {} : { apiUrl: slack.apiUrl }),
      ...(hooks === undefined ? {} : { hooks }),
    },
  )
}

/** What people reach from Slack is what was evaluated last, and what they change goes the way of every change. */
function portOf({ loop, briefs }: DeskParts, now: () => UnixSeconds): IncidentPort {
  return {
    act: async (action) => {
      const acted = await loop.act(action)
      return acted.kind === 'failed'
        ? acted
        : ok({ changed: acted.value.decision !== undefined, incident: acted.value.incident })
    },
    brief: (id) => {
      const shown = loop.shown()
      const incident = shown && incidentOf(shown.alerting, id)
      return incident && outlineOf(briefs, shown, incident)
    },
    open: () => {
      const shown = loop.shown()
      if (shown === undefined) return []
      return incidentsOf(shown.alerting)
        .filter((incident) => incident.state === 'open')
        .toSorted((a, b) => b.openedAt - a.openedAt)
        .map((incident) => outlineOf(briefs, shown, incident))
    },
    silence: loop.silences.create,
    endSilence: loop.silences.end,
    silences: () =>
      loop.silences
        .all()
        .filter(({ until }) => until > now())
        .toReversed(),
    promises: () =>
      (loop.shown()?.summaries ?? []).map(
        (each): PromiseLine => ({
          name: each.name,
          service: each.service,
          state: each.state,
          target: each.target,
          window: each.window,
          left: each.whole.windows[0]?.budget.leftRatio ?? undefined,
          url: `${briefs.pageBase()}slos/${encodeURIComponent(each.id)}`,
        }),
      ),
  }
}
