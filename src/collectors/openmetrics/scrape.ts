import { readFile } from 'node:fs/promises'
import { failed, ok, type Result, type World } from '../../base/index.ts'
import { askUrl } from '../pull/index.ts'
import type { Format } from './exposition.ts'

/** What an exporter answered. */
export interface Scrape {
  readonly text: string
  readonly format: Format
  /** Wall time in milliseconds at which it was asked: the time of samples that have none of their own. */
  readonly askedMs: number
}

/** Why there is no answer, and what to do about it. */
export interface ScrapeFailure {
  readonly text: string
  readonly remedy: string
}

/** OpenMetrics first; exporters that do not know it give the older text. */
const ACCEPT = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'

export async function scrape(
  world: World,
  target: {
    readonly url: string
    readonly tokenFile: string | undefined
    readonly timeoutMs: number
    readonly maxBytes: number
  },
  signal: AbortSignal,
): Promise<Result<Scrape, ScrapeFailure>> {
  const { url, tokenFile, timeoutMs, maxBytes } = target
  const { host } = new URL(url)
  const headers: Record<string, string> = { accept: ACCEPT }
  if (tokenFile !== undefined) {
    const token = await readFile(tokenFile, 'utf8').catch(() => undefined)
    if (token === undefined)
      return failed({
        text: `${tokenFile} cannot be read`,
        remedy: 'write tokenFile: and a file with the token',
      })
    headers['authorization'] = `Bearer ${token.trim()}`
  }
  const askedMs = world.clock.nowMs()
  const limits = { firstByteMs: timeoutMs, totalMs: timeoutMs, maxBytes }
  const answer = await askUrl(world, { url, method: 'GET', headers, limits }, signal)
  if (answer.kind === 'failed') return answer
  const { status, text, contentType } = answer.value
  if (status !== 200)
    return failed({ text: `${host} answers ${status}`, remedy: REMEDIES.get(status) ?? 'is the path right?' })
  if (contentType.startsWith('text/html'))
    return failed({ text: `${host} answers with a web page`, remedy: 'is the path right?' })
  const format = contentType.startsWith('application/openmetrics-text') ? 'openmetrics' : 'text'
  return ok({ text, format, askedMs })
}

const REMEDIES: ReadonlyMap<number, string> = new Map([
  [401, 'write tokenFile: and a file with the token'],
  [403, 'does the token have the right to read metrics?'],
])
