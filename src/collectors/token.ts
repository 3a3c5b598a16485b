import { failed, ok, type Result, type World } from '../base/index.ts'
import { isPlain, type PullFailure } from './pull/index.ts'

/** Gives the text of an access token, read anew before it ends. */
export type TokenSource = (signal: AbortSignal) => Promise<Result<string, PullFailure>>

/** A token is not used in its last minute. */
const MARGIN_MS = 60_000

/** Keeps a token until a minute before its end. Calls at the same time wait for the same one. */
export function remembered(
  world: World,
  ask: (signal: AbortSignal) => Promise<Result<unknown, PullFailure>>,
): TokenSource {
  let known: { readonly token: string; readonly until: number } | undefined
  let asking: Promise<Result<string, PullFailure>> | undefined
  const renew = async (signal: AbortSignal): Promise<Result<string, PullFailure>> => {
    const answer = await ask(signal)
    if (answer.kind === 'failed')
      return failed({
        ...answer.error,
        kind: answer.error.kind === 'refused' ? 'unavailable' : answer.error.kind,
      })
    const body = isPlain(answer.value) ? answer.value : {}
    const { access_token: token, expires_in: seconds } = body
    if (typeof token !== 'string' || token === '')
      return failed({
        kind: 'unavailable',
        text: 'the answer holds no access token',
        remedy: 'see the credentials',
      })
    known = { token, until: world.clock.monotonicMs() + Number(seconds ?? 0) * 1_000 - MARGIN_MS }
    return ok(token)
  }
  return async (signal) => {
    if (known !== undefined && world.clock.monotonicMs() < known.until) return ok(known.token)
    asking ??= renew(signal).finally(() => {
      asking = undefined
    })
    return asking
  }
}
