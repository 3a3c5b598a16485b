import type { World } from '../../../base/index.ts'
import { createSlackCall } from '../client.ts'
import { createDoor, type DoorCounters } from './door.ts'
import { createInteractions, type InteractionOptions } from './interactions.ts'
import type { IncidentPort } from './port.ts'
import { createSocketDoor, type SocketStatus } from './socket.ts'
import { createWorkQueue } from './work.ts'

export interface SlackDeskOptions extends InteractionOptions {
  /** `xoxb-…`; never logged. */
  readonly token: string
  readonly apiUrl?: string
  /** For requests over HTTP; two while they are rotated, none when only the socket is used. */
  readonly signingSecrets: readonly string[]
  /** `xapp-…`, for requests over a socket; undefined: over HTTP alone. */
  readonly appToken?: string
}

/** Where what people do in Slack arrives, is checked, done and answered. */
export interface SlackDesk extends AsyncDisposable {
  /** For the paths below `/slack`; undefined without a signing secret. */
  readonly handle: ((request: Request) => Promise<Response>) | undefined
  /** Keeps sockets open until the signal; returns at once when there is no app token. */
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly status: () => {
    readonly http: Readonly<DoorCounters> | undefined
    readonly socket: SocketStatus | undefined
  }
  /** Resolves when everything that was asked for is done. */
  readonly idle: () => Promise<void>
}

export function createSlackDesk(world: World, port: IncidentPort, options: SlackDeskOptions): SlackDesk {
  const { token, apiUrl, signingSecrets, appToken } = options
  const at = apiUrl === undefined ? {} : { apiUrl }
  const call = createSlackCall(world, { token, name: 'slack desk', ...at })
  const interactions = createInteractions(world, { call, port }, options)
  const work = createWorkQueue(world)
  const door =
    signingSecrets.length === 0
      ? undefined
      : createDoor(world, { secrets: signingSecrets, interactions, work })
  const socket =
    appToken === undefined ? undefined : createSocketDoor(world, { appToken, interactions, work, ...at })
  return {
    handle: door?.handle,
    run: async (signal) => socket?.run(signal),
    status: () => ({ http: door?.counters, socket: socket?.status() }),
    idle: work.idle,
    [Symbol.asyncDispose]: () => work[Symbol.asyncDispose](),
  }
}
