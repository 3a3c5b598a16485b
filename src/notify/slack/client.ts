import slack from '@slack/web-api'
import type { Log, World } from '../../base/index.ts'
import { clean } from '../text.ts'

export interface SlackClientOptions {
  /** `xoxb-…`; never logged. */
  readonly token: string
  /** @default {https://slack.com/api/} */
  readonly apiUrl?: string
  /** For a whole call. @default {10000} */
  readonly timeoutMs?: number
  /** For spans and log lines. */
  readonly name: string
}

/** One call of a method of the Web API. Rejects with the client's errors, which `classify` understands. */
export type SlackCall = (method: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>

const TIMEOUT_MS = 10_000
const API_URL = 'https://slack.com/api/'

/**
 * The vendor's client without its own retries, because they post twice when an answer is late; and a limit on one
 * channel does not stop the others.
 */
export function createSlackClient(world: World, options: SlackClientOptions): slack.WebClient {
  return new slack.WebClient(options.token, {
    slackApiUrl: options.apiUrl ?? API_URL,
    retryConfig: { retries: 0 },
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    fetch: async (url, init) => world.fetch(url, init),
    logger: bridge(world.log.child({ destination: options.name })),
  })
}

export function createSlackCall(world: World, options: SlackClientOptions): SlackCall {
  const client = createSlackClient(world, options)
  const destination = options.name
  return (method, args) =>
    world.trace.span('notify.send', { method, destination }, () => client.apiCall(method, { ...args }))
}

export type SlackLogger = NonNullable<NonNullable<ConstructorParameters<typeof slack.WebClient>[1]>['logger']>

/** The client's debug lines hold whole messages; only what it warns of is worth a line of ours. */
export function bridge(log: Log): SlackLogger {
  const line = (parts: unknown[]): string => clean(parts.map(String).join(' '), 300)
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts: unknown[]) => log.debug('slack client warns', { text: line(parts) }),
    error: (...parts: unknown[]) => log.warn('slack client fails', { text: line(parts) }),
    setLevel: () => undefined,
    getLevel: () => slack.LogLevel.WARN,
    setName: () => undefined,
  }
}
