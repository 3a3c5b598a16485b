import { createHmac } from 'node:crypto'
import type { World } from '../../../base/index.ts'
import type { AppLine, Delivered } from './interact.ts'

export interface DeliveryOptions {
  readonly signingSecret: string
  /** Posts to the app; the path is `interactions`, `commands` or `events`. */
  readonly post: (
    path: Delivered,
    init: { readonly method: 'POST'; readonly headers: Record<string, string>; readonly body: string },
  ) => Promise<Response>
}

/** So long Slack waits for an app. */
const ANSWER_MS = 3_000

/** Requests over HTTP as Slack makes them: forms, signed over the bytes, given up after three seconds. */
export function signedDelivery(world: World, { signingSecret, post }: DeliveryOptions): AppLine['deliver'] {
  return async (kind, content) => {
    const body = bodyOf(kind, content)
    const timestamp = String(Math.floor(world.clock.nowMs() / 1000))
    const hmac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')
    const request = post(kind, {
      method: 'POST',
      headers: {
        'content-type': kind === 'events' ? 'application/json' : 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${hmac}`,
      },
      body,
    })
    const late = world.clock.sleep(ANSWER_MS).then(() => undefined)
    const response = await Promise.race([request, late])
    if (response === undefined)
      throw new Error('operation_timeout: the app did not answer within three seconds')
    const text = await response.text()
    if (response.status !== 200) throw new Error(`the app answered ${response.status}: ${text.trim()}`)
    try {
      return text === '' ? undefined : (JSON.parse(text) as unknown)
    } catch {
      // Text alone is an answer too, to a command.
      return { text }
    }
  }
}

function bodyOf(kind: Delivered, content: Readonly<Record<string, unknown>>): string {
  if (kind === 'events') return JSON.stringify(content)
  if (kind === 'interactions') return new URLSearchParams({ payload: JSON.stringify(content) }).toString()
  return new URLSearchParams(
    Object.entries(content).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
}
