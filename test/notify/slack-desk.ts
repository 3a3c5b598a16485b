import {
  type Action,
  type AlertingState,
  act,
  createSilence,
  EMPTY_STATE,
  endSilence,
  fold,
  incidentOf,
  incidentsOf,
  NO_SILENCES,
} from '../../src/alerting/index.ts'
import { ok, unixSeconds } from '../../src/base/index.ts'
import {
  createSlackEmulator,
  type DeliveryOptions,
  type SlackEmulator,
} from '../../src/cli/dev/slack/index.ts'
import {
  createSlackDesk,
  type IncidentPort,
  renderSlack,
  type SlackDesk,
  signatureOf,
} from '../../src/notify/index.ts'
import { createTestWorld, type TestWorld } from '../world.ts'
import { API, briefOf, START, TOKEN } from './estate.ts'

export const SECRET = 'shhh-0000-of-the-test'
export const ID = 'INC-2026-0001'
export const AYA = 'U00000AYA'
export const BEN = 'U00000BEN'
export const CHANNEL = 'CINCCHECKOUT'
export const HOOKS = 'http://slack.test/dev/slack/hooks/'

export interface Office {
  readonly world: TestWorld
  readonly emulator: SlackEmulator
  readonly desk: SlackDesk
  state: AlertingState
  /** Replaced by tests whose store is slow or broken. */
  act: IncidentPort['act']
  /** Actions that were asked for. */
  readonly acted: Action[]
  readonly ts: string
  /** Lets everything that was asked for be done. */
  readonly idle: () => Promise<void>
  /** What only this person sees. */
  readonly whispers: (user: string) => readonly string[]
}

/** A desk with one open incident, whose headline stands in a channel of an emulated Slack. */
export async function createOffice(
  options: {
    readonly locale?: string
    readonly responders?: readonly string[]
    readonly secrets?: readonly string[]
    readonly signWith?: string
    readonly scopes?: readonly string[]
    readonly post?: DeliveryOptions['post']
  } = {},
): Promise<Office> {
  const ref: { emulator?: SlackEmulator } = {}
  const world = createTestWorld({
    start: START,
    fetch: async (input, init) => ref.emulator!.handle(new Request(input as string, init)),
  })
  let state = fold(EMPTY_STATE, [
    {
      at: unixSeconds(START),
      kind: 'incident',
      data: {
        kind: 'opened',
        incident: ID,
        number: 1,
        seq: 1,
        slo: 'checkout',
        objective: 'main',
        service: 'payments',
        startedAt: unixSeconds(START - 240),
        reading: {
          severity: 'page',
          scope: { cloud_provider: 'gcp' },
          members: [
            { scope: { cloud_provider: 'gcp' }, severity: 'page', rules: ['fast'], rate: 14.8, firing: true },
          ],
          rules: ['fast'],
          peakRate: 14.8,
          badEvents: 1_480,
          budgetSpent: 0.06,
        },
        text: 'Opened.',
      },
    },
  ])
  let silences = NO_SILENCES
  const acted: Action[] = []
  const port: IncidentPort = {
    act: (action) => office.act(action),
    brief: (id) => {
      const incident = incidentOf(state, id)
      return incident && briefOf({ incident, now: world.clock.now(), locale: options.locale ?? 'en' })
    },
    open: () => incidentsOf(state).map((incident) => briefOf({ incident, now: world.clock.now() })),
    silence: async (asked) => {
      const made = createSilence(silences, asked, world.clock.now())
      if (made.kind === 'failed') return made
      silences = made.value.state
      return ok(silences.silences.at(-1)!)
    },
    endSilence: async (asked) => {
      const ended = endSilence(silences, asked, world.clock.now())
      if (ended.kind === 'failed') return ended
      silences = ended.value.state
      return ok(silences.silences.find(({ id }) => id === asked.id)!)
    },
    silences: () => silences.silences.filter(({ until }) => until > world.clock.now()).toReversed(),
    promises: () => [
      {
        name: 'Checkout',
        service: 'payments',
        state: 'burning',
        target: '99.9',
        window: '30d',
        left: 0.421,
        url: 'http://nines.test/slos/checkout',
      },
      {
        name: 'Search',
        service: 'search',
        state: 'unknown',
        target: '99',
        window: '30d',
        left: undefined,
        url: '',
      },
    ],
  }
  const desk = createSlackDesk(world, port, {
    token: TOKEN,
    apiUrl: API,
    signingSecrets: options.secrets ?? [SECRET],
    locale: options.locale ?? 'en',
    responders: options.responders ?? [],
    hooks: HOOKS,
  })
  const emulator = createSlackEmulator(world, {
    workspace: {
      channels: ['inc-checkout'],
      users: [
        { id: 'U00000AYA', name: 'Aya Sato', locale: 'ja-JP', zone: 'Asia/Tokyo' },
        { id: 'U00000BEN', name: 'Ben Cole', locale: 'en-GB' },
        { id: 'U0000GUEST', name: 'A Guest', guest: true },
      ],
      groups: { S00000OPS: ['U00000AYA'] },
    },
    token: TOKEN,
    hooks: HOOKS,
    app: {
      signingSecret: options.signWith ?? SECRET,
      post:
        options.post ?? ((path, init) => desk.handle!(new Request(`http://nines.test/slack/${path}`, init))),
    },
    ...(options.scopes === undefined ? {} : { scopes: options.scopes }),
  })
  ref.emulator = emulator
  const channel = [...emulator.workspace.channels.values()][0]!
  const body = renderSlack(port.brief(ID)!, { buttons: true })
  const sent = await world.fetch(`${API}chat.postMessage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channel: channel.id, ...body }),
  })
  const { ts } = (await sent.json()) as { ts: string }
  const office: Office = {
    world,
    emulator,
    desk,
    acted,
    ts,
    get state() {
      return state
    },
    set state(next) {
      state = next
    },
    act: async (action) => {
      acted.push(action)
      const done = act(state, action, world.clock.now())
      if (done.kind === 'failed') return done
      state = done.value.state
      return ok({ changed: done.value.decision !== undefined, incident: done.value.incident })
    },
    idle: async () => {
      await desk.idle()
      for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve))
    },
    whispers: (user) =>
      channel.messages.filter((message) => message.ephemeralFor === user).map((message) => message.text),
  }
  return office
}

export const press = (office: Office, button: string, user: string = BEN) =>
  office.emulator.people.press({ channel: CHANNEL, ts: office.ts, action: `nines-${button}`, user })
export const command = (office: Office, text: string, user: string = BEN) =>
  office.emulator.people.command({ channel: CHANNEL, user, text: `/nines ${text}` })
export const incident = (office: Office) => incidentOf(office.state, ID)!

/** A request as somebody makes it who may hold the secret or not. */
export function request(
  body: string,
  given: { at?: number; secret?: string; signature?: string; path?: string; type?: string } = {},
): Request {
  const timestamp = String(given.at ?? START)
  const signature =
    given.signature ?? String(signatureOf(given.secret ?? SECRET, timestamp, Buffer.from(body)))
  return new Request(`http://nines.test/slack/${given.path ?? 'commands'}`, {
    method: 'POST',
    headers: {
      'content-type': given.type ?? 'application/x-www-form-urlencoded',
      'x-slack-signature': signature,
      'x-slack-request-timestamp': timestamp,
    },
    body,
  })
}
export const ACK = `command=%2Fnines&text=ack+${ID}&user_id=${BEN}&channel_id=${CHANNEL}`
