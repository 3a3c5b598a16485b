import slack from '@slack/web-api'
import type { Delivery } from '../destination.ts'
import { clean } from '../text.ts'

/** What a failed call means. Whatever is not known for certain is ambiguous: then it is looked up, not repeated. */
export function classify(error: unknown): Exclude<Delivery, { readonly kind: 'sent' }> {
  if (error instanceof slack.WebAPIRateLimitedError)
    return { kind: 'refused', reason: 'ratelimited', afterMs: error.retryAfter * 1000 }
  if (error instanceof slack.WebAPIPlatformError) return classifyCode(error.data.error)
  if (error instanceof slack.WebAPIHTTPError) return classifyStatus(error.statusCode)
  if (error instanceof slack.WebAPIRequestError) return classifyConnection(error.original)
  if (error instanceof Error && /Retry header did not contain/.test(error.message))
    return { kind: 'refused', reason: 'ratelimited without Retry-After' }
  return { kind: 'ambiguous', reason: reasonOf(error) }
}

const RETRY = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded'])

const UNFIT = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'too_many_attachments',
  'no_text',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'metadata_too_large',
])

const DELETED = new Set(['message_not_found', 'thread_not_found'])
const UNCHANGEABLE = new Set(['cant_update_message', 'edit_window_closed', 'cant_broadcast_message'])

const REMEDIES: Readonly<Record<string, string>> = {
  invalid_auth: 'Put the Bot User OAuth Token (xoxb-…) of the Slack app into SLACK_BOT_TOKEN.',
  not_authed: 'Put the Bot User OAuth Token (xoxb-…) of the Slack app into SLACK_BOT_TOKEN.',
  token_revoked: 'Install the Slack app again and put its new token into SLACK_BOT_TOKEN.',
  token_expired: 'Install the Slack app again and put its new token into SLACK_BOT_TOKEN.',
  account_inactive: 'The app was removed from the workspace: install it again.',
  missing_scope: 'Add the scope chat:write (and channels:history) to the Slack app and install it again.',
  no_permission: 'Add the scope chat:write (and channels:history) to the Slack app and install it again.',
  channel_not_found: 'Write the id of a channel (C…) that the app can see, and invite the app to it.',
  not_in_channel: 'Invite the app to the channel: /invite @nines.',
  is_archived: 'Unarchive the channel, or write the id of another.',
  restricted_action:
    'A workspace preference forbids the app to post there: allow it, or choose another channel.',
  org_login_required:
    'The workspace is being moved to another organization: wait, then install the app again.',
  ekm_access_denied: 'An administrator has suspended posting in the workspace.',
  team_access_not_granted: 'Give the app access to the workspace that holds the channel.',
}

function classifyCode(code: string): Exclude<Delivery, { readonly kind: 'sent' }> {
  if (RETRY.has(code)) return { kind: 'refused', reason: code }
  if (UNFIT.has(code) || code.startsWith('invalid_metadata')) return { kind: 'unfit', reason: code }
  if (DELETED.has(code)) return { kind: 'gone', reason: code, deleted: true }
  if (UNCHANGEABLE.has(code)) return { kind: 'gone', reason: code, deleted: false }
  const remedy = REMEDIES[code.startsWith('restricted_action') ? 'restricted_action' : code]
  if (remedy !== undefined) return { kind: 'barred', reason: code, remedy }
  // internal_error and fatal_error may have done part of it; what is no code at all is a proxy's page.
  return { kind: 'ambiguous', reason: clean(code, 80) || 'an empty answer' }
}

/** What to do about it, when somebody has to do something. */
export const remedyOf = (failure: Delivery): string | undefined =>
  failure.kind === 'barred' ? failure.remedy : undefined

/** Before the request is handed over nothing can have happened; from then on anything can. */
function classifyStatus(status: number): Exclude<Delivery, { readonly kind: 'sent' }> {
  const reason = `HTTP ${status}`
  return status >= 500 || status === 408 ? { kind: 'ambiguous', reason } : { kind: 'refused', reason }
}

const NOT_CONNECTED =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/

function classifyConnection(error: Error): Exclude<Delivery, { readonly kind: 'sent' }> {
  const code = codeOf(error.cause) ?? codeOf(error)
  if (code !== undefined && NOT_CONNECTED.test(code)) return { kind: 'refused', reason: code }
  return { kind: 'ambiguous', reason: code ?? reasonOf(error) }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

const reasonOf = (error: unknown): string =>
  clean(error instanceof Error ? error.message : String(error), 120)
