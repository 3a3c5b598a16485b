import type { World } from '../base/index.ts'
import type { HeartbeatOptions } from './options.ts'

const TIMEOUT_MS = 10_000
/** A try that fails is made again soon: whoever listens counts minutes. */
const TRIES = 3
const TRY_AGAIN_MS = 2_000

/**
 * The other half of a dead man's switch: somebody outside is asked again and again while Nines works, and tells people
 * when that stops. `faults` says why it does not work; then nobody is asked, or `/fail` is, with the reasons.
 */
export async function beat(
  world: World,
  options: HeartbeatOptions,
  { faults, signal }: { readonly faults: () => readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const found = faults()
    if (found.length === 0) await ask(world, options.url, { body: '', signal })
    else {
      world.log.warn('no heartbeat: Nines does not work as it should', { reasons: found })
      if (options.reportFailure)
        await ask(world, `${options.url.replace(/\/$/, '')}/fail`, { body: found.join('\n'), signal })
    }
    await world.clock.sleep(options.every * 1000, signal).catch(() => undefined)
  }
}

async function ask(
  world: World,
  url: string,
  { body, signal }: { readonly body: string; readonly signal: AbortSignal },
): Promise<void> {
  for (let attempt = 1; attempt <= TRIES && !signal.aborted; attempt++) {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
      const answer = await world.fetch(url, { method: 'POST', body, redirect: 'follow', signal: limit })
      await answer.arrayBuffer()
      if (answer.ok) return
      world.log.warn('the heartbeat was refused', { status: answer.status, attempt })
    } catch (error) {
      world.log.warn('the heartbeat was not heard', { err: error, attempt })
    }
    await world.clock.sleep(TRY_AGAIN_MS, signal).catch(() => undefined)
  }
}
