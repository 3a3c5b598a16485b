import { z } from 'zod'
import type { World } from '../../base/index.ts'
import { createSlackCall, type SlackCall } from './client.ts'
import { classify, remedyOf } from './failure.ts'
import { scopesOf } from './manifest.ts'

/** One thing that was looked at. */
export interface SlackFinding {
  readonly what: string
  readonly finding: 'well' | 'wrong' | 'unknown'
  readonly detail: string
  /** What to do; empty when nothing is wrong. */
  readonly remedy: string
}

export interface ExamineOptions {
  /** Undefined: none is set. */
  readonly token: string | undefined
  readonly apiUrl?: string
  readonly channel: string | undefined
  readonly signingSecrets: readonly string[]
  readonly appToken: string | undefined
  readonly pictures: boolean
  readonly groups: boolean
}

const API_URL = 'https://slack.com/api/'
const TIMEOUT_MS = 10_000
/** Slack takes requests as fresh for five minutes; half a minute is already worth mending. */
const CLOCK_OFF_SECONDS = 30

/** Whether what is configured for Slack would work, step by step; each fault with what to do. Nothing is posted. */
export async function examineSlack(world: World, options: ExamineOptions): Promise<readonly SlackFinding[]> {
  const { token, apiUrl } = options
  if (token === undefined)
    return [
      wrong(
        'token',
        'No bot token is set.',
        'Put the Bot User OAuth Token (xoxb-…) into SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE. `nines slack manifest` prints an app to create.',
      ),
    ]
  const call = createSlackCall(world, { token, name: 'doctor', ...(apiUrl === undefined ? {} : { apiUrl }) })
  const identity = await checkIdentity(call, options)
  const clock = await checkClock(world, apiUrl ?? API_URL)
  if (identity[0]?.finding !== 'well') return [...identity, clock, ...wayBack(options)]
  return [...identity, await checkChannel(call, options.channel), clock, ...wayBack(options)]
}

const well = (what: string, detail: string): SlackFinding => ({ what, finding: 'well', detail, remedy: '' })
const wrong = (what: string, detail: string, remedy: string): SlackFinding => ({
  what,
  finding: 'wrong',
  detail,
  remedy,
})

function failure(what: string, error: unknown): SlackFinding {
  const classified = classify(error)
  const remedy = remedyOf(classified)
  if (remedy !== undefined) return wrong(what, `Slack answers ${classified.reason}.`, remedy)
  return {
    what,
    finding: 'unknown',
    detail: `Slack could not be asked: ${classified.reason}.`,
    remedy: 'See whether this machine reaches https://slack.com (proxy, firewall, DNS), and try again.',
  }
}

const identityAnswer = z.looseObject({
  team: z.string(),
  user: z.string(),
  response_metadata: z.looseObject({ scopes: z.array(z.string()).optional() }).optional(),
})

async function checkIdentity(call: SlackCall, options: ExamineOptions): Promise<readonly SlackFinding[]> {
  try {
    const { team, user, response_metadata } = identityAnswer.parse(await call('auth.test', {}))
    const token = well('token', `It is ${user} in the workspace ${team}.`)
    const granted = response_metadata?.scopes
    if (granted === undefined)
      return [
        token,
        { what: 'scopes', finding: 'unknown', detail: 'Slack does not say which there are.', remedy: '' },
      ]
    const lacking = scopesOf(options).filter(({ name }) => !granted.includes(name))
    if (lacking.length === 0) return [token, well('scopes', granted.join(', '))]
    const names = lacking.map(({ name, why }) => `${name} (${why})`).join('; ')
    return [
      token,
      wrong(
        'scopes',
        `These are lacking: ${names}.`,
        'Add them under OAuth & Permissions and install the app again.',
      ),
    ]
  } catch (error) {
    return [failure('token', error)]
  }
}

const channelAnswer = z.looseObject({
  channel: z.looseObject({ name: z.string(), is_member: z.boolean(), is_archived: z.boolean() }),
})

async function checkChannel(call: SlackCall, channel: string | undefined): Promise<SlackFinding> {
  if (channel === undefined)
    return wrong('channel', 'No channel is named.', 'Write notify: { slack: { channel: C0123456789 } }.')
  if (!/^[CG][A-Z0-9]{8,}$/.test(channel))
    return wrong(
      'channel',
      `“${channel}” is a name: a post whose fate is unknown could not be looked up there.`,
      'Write the channel’s id (C…), at the bottom of its details.',
    )
  try {
    const { name, is_member, is_archived } = channelAnswer.parse(
      await call('conversations.info', { channel }),
    ).channel
    if (is_archived) return wrong('channel', `#${name} is archived.`, 'Unarchive it, or name another.')
    if (!is_member)
      return wrong('channel', `The app is not in #${name}.`, 'Write /invite @nines in the channel.')
    return well('channel', `It is in #${name}.`)
  } catch (error) {
    return failure('channel', error)
  }
}

/** Slack's answer says what time it is there. */
async function checkClock(world: World, apiUrl: string): Promise<SlackFinding> {
  try {
    const response = await world.fetch(new URL('api.test', apiUrl), {
      method: 'POST',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    // oxlint-disable-next-line no-restricted-globals -- reading a date from text reads no clock
    const there = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(there))
      return { what: 'clock', finding: 'unknown', detail: 'The answer has no date.', remedy: '' }
    const off = Math.round((world.clock.nowMs() - there) / 1000)
    if (Math.abs(off) <= CLOCK_OFF_SECONDS) return well('clock', `It is ${off} s off Slack’s.`)
    return wrong(
      'clock',
      `Clock skew: this clock is ${Math.abs(off)} s ${off > 0 ? 'ahead of' : 'behind'} Slack’s; from 300 s on, requests are turned away.`,
      'Set the clock (chronyc makestep, timedatectl set-ntp true).',
    )
  } catch (error) {
    return failure('clock', error)
  }
}

/** Whether presses can come back. */
function wayBack({ signingSecrets, appToken }: ExamineOptions): readonly SlackFinding[] {
  if (signingSecrets.length === 0 && appToken === undefined)
    return [
      wrong(
        'buttons',
        'Presses and commands cannot come back, so messages have no buttons.',
        'Set SLACK_APP_TOKEN (xapp-…, Socket Mode, no public address), or SLACK_SIGNING_SECRET where Slack reaches this service.',
      ),
    ]
  const ways = [
    ...(appToken === undefined ? [] : ['a socket']),
    ...(signingSecrets.length === 0 ? [] : ['HTTP at /slack']),
  ]
  return [well('buttons', `Presses and commands come back over ${ways.join(' and ')}.`)]
}
