import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** A request as it came: nothing of it is read before its signature has been. */
export interface SignedRequest {
  /** `X-Slack-Signature`. */
  readonly signature: string | undefined
  /** `X-Slack-Request-Timestamp`. */
  readonly timestamp: string | undefined
  readonly body: Uint8Array
}

export type Verified =
  /** Slack signed it, just now. `key` is the same for the same request and no other. */
  | { readonly kind: 'genuine'; readonly key: string }
  /** Slack signed it, but at another time than our clock says: positive when our clock is ahead. */
  | { readonly kind: 'skewed'; readonly seconds: number }
  | { readonly kind: 'forged'; readonly reason: string }

/** https://docs.slack.dev/authentication/verifying-requests-from-slack, and the same into the future. */
export const SKEW_MAX_SECONDS = 300

/**
 * Whether Slack sent this: `v0=` and the HMAC-SHA256 of `v0:timestamp:body` under one of the secrets. While secrets
 * are rotated there are two. The signature says from whom, the time that it is of now, `key` that it is not a replay.
 */
export function verifyRequest(request: SignedRequest, secrets: readonly string[], nowMs: number): Verified {
  const { signature, timestamp, body } = request
  if (signature === undefined || timestamp === undefined)
    return { kind: 'forged', reason: 'it is not signed' }
  if (!/^\d{1,12}$/.test(timestamp)) return { kind: 'forged', reason: 'its timestamp is no number' }
  const given = Buffer.from(signature)
  // Every secret is tried, so that the time it takes does not tell which one fits.
  const fits = secrets.map((secret) => secret !== '' && isEqual(given, signatureOf(secret, timestamp, body)))
  if (!fits.includes(true)) return { kind: 'forged', reason: 'its signature fits no secret' }
  const seconds = Math.round(nowMs / 1000 - Number(timestamp))
  if (Math.abs(seconds) > SKEW_MAX_SECONDS) return { kind: 'skewed', seconds }
  return { kind: 'genuine', key: createHash('sha256').update(given).digest('base64') }
}

/** What Slack would sign this body with. */
export function signatureOf(secret: string, timestamp: string, body: Uint8Array): Buffer {
  const hmac = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')
  return Buffer.from(`v0=${hmac}`)
}

const isEqual = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
