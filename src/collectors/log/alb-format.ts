import type { LineDecoder } from './record.ts'
import { instantOf } from './time.ts'

const SPACE = 32

/**
 * Decodes lines of an AWS application load balancer. What was added to them behind the time of the request is passed over,
 * and so is what will be. A request that never reached a target has no time there: it took as long as the client was there.
 * The service may be named by the target group (`upstream_cluster`), by the host, or by the load balancer (`service`).
 */
export function createAlbDecoder(): LineDecoder {
  const starts = new Int32Array(13)
  return (text, from, to) => {
    // Twelve fields without quotes, then the request in quotes.
    let at = from
    for (let i = 0; i < 12; i++) {
      starts[i] = at
      const end = text.indexOf(' ', at)
      if (end < 0 || end >= to) return 'not-the-format'
      at = end + 1
    }
    starts[12] = at
    const field = (i: number): string => text.slice(starts[i], (starts[i + 1] ?? to) - 1)
    const request = quotedEnd(text, at, to)
    const agent = request < 0 ? -1 : quotedEnd(text, request + 1, to)
    if (agent < 0) return 'not-the-format'
    const rest = text.slice(agent + 1, to)
    const found = REST.exec(rest)
    const end = field(1)
    const endMs = instantOf(end)
    if (found === null) return 'not-the-format'
    if (endMs === undefined) return 'no-time'
    const code = Number(field(8))
    if (!Number.isInteger(code) || field(8) === '') return 'no-status'
    const [, group = '', trace = '', creation = ''] = found
    const url = urlIn(text.slice(at + 1, request - 1))
    return {
      endMs,
      duration: durationOf([field(5), field(6), field(7)], { creation, end }),
      code,
      flags: undefined,
      grpcStatus: undefined,
      codeDetails: undefined,
      contentType: undefined,
      path: url.path,
      userAgent: known(text.slice(request + 2, agent - 1)),
      logType: undefined,
      authority: url.authority,
      upstreamCluster: /:targetgroup\/([^/]+)\//.exec(group)?.[1],
      route: undefined,
      service: known(field(2)),
      traceId: known(trace),
      requestId: undefined,
    }
  }
}

/** Cipher, protocol, target group, trace, host, certificate, rule, time of the request. */
const REST = /^[^ ]* [^ ]* ([^ ]*) "([^"]*)" "[^"]*" "[^"]*" [-0-9]* ([^ ]*)/

/** Where the field in quotes that begins here is over, behind its quote and before a blank; below zero when it is none. */
function quotedEnd(text: string, from: number, to: number): number {
  if (text.charCodeAt(from) !== 34) return -1
  const end = text.indexOf('"', from + 1) + 1
  return end === 0 || end >= to || text.charCodeAt(end) !== SPACE ? -1 : end
}

const known = (text: string): string | undefined => (text === '' || text === '-' ? undefined : text)

/** `GET https://shop.example.com:443/cart?x=1 HTTP/1.1`; what a client sent that was no request is `- http://…:80- -`. */
function urlIn(request: string): { readonly authority?: string; readonly path?: string } {
  const [, url] = request.split(' ')
  const found = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#]*)(.*)$/.exec(url ?? '')
  if (found === null) return url === undefined || url === '' ? {} : { path: url }
  const [, authority = '', path = ''] = found
  return { authority, path: path === '' ? '/' : path }
}

const MICROS_A_DAY = 86_400_000_000

/** Whole microseconds: the three parts that were measured, or how long the client was there when one was not. */
function durationOf(
  parts: readonly string[],
  { creation, end }: { readonly creation: string; readonly end: string },
): number | undefined {
  let sum = 0
  for (const part of parts) {
    const value = Number(part)
    if (!(value >= 0) || part === '') {
      const took = microsOfDay(end) - microsOfDay(creation)
      return Number.isNaN(took) ? undefined : (took + MICROS_A_DAY) % MICROS_A_DAY
    }
    sum += Math.round(value * 1_000_000)
  }
  return sum
}

/** Of `2026-11-20T12:00:00.123456Z`. */
function microsOfDay(time: string): number {
  const seconds =
    Number(time.slice(11, 13)) * 3_600 + Number(time.slice(14, 16)) * 60 + Number(time.slice(17, 19))
  return seconds * 1_000_000 + Number(time.slice(20, 26))
}
