/** Where traces can be seen, as the configuration says it. */
export interface TraceViewer {
  readonly viewer: 'datadog' | 'jaeger' | 'tempo' | 'x-ray' | 'custom'
  /** An address with `{traceId}`, and perhaps `{fromMs}` and `{toMs}`: a stretch of time around the request. */
  readonly template: string
}

/** What a link is made from. */
export interface Traced {
  readonly traceId?: string | undefined
  readonly atMs: number
}

/** A trace is looked for from an hour before the request was seen to an hour after. */
const AROUND_MS = 3_600_000

/**
 * The address of the request's trace; undefined without a viewer or a trace id, or when the viewer cannot have such a
 * trace. Whatever an id holds, it stays one part of the address.
 */
export function traceLink(viewer: TraceViewer | undefined, { traceId, atMs }: Traced): string | undefined {
  if (viewer === undefined || traceId === undefined) return undefined
  const id = spelled(viewer.viewer, traceId.trim())
  if (id === undefined) return undefined
  const values: Readonly<Record<string, string>> = {
    traceId: encodeURIComponent(id),
    fromMs: String(Math.floor(atMs) - AROUND_MS),
    toMs: String(Math.floor(atMs) + AROUND_MS),
  }
  return viewer.template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}

const HEX = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/i
/** W3C's 128 bits: X-Ray's own begin with the seconds since 1970, and its format sets them apart. */
const XRAY = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i

function spelled(viewer: TraceViewer['viewer'], id: string): string | undefined {
  switch (viewer) {
    case 'x-ray':
      if (XRAY.test(id)) return id.toLowerCase()
      return /^[0-9a-f]{32}$/i.test(id) ? `1-${id.slice(0, 8)}-${id.slice(8)}`.toLowerCase() : undefined
    case 'datadog':
      // 128 bits as 32 hexadecimal digits, or what older tracers write: a decimal number.
      return HEX.test(id) || /^\d{1,39}$/.test(id) ? datadogId(id) : undefined
    case 'jaeger':
    case 'tempo':
      return HEX.test(id) ? id.toLowerCase() : undefined
    case 'custom':
      // Of dots alone an address would make another place.
      return /^\.{0,2}$/.test(id) ? undefined : id
    default:
      return viewer satisfies never
  }
}

/** Of a trace that has only 64 bits Datadog knows the decimal number. */
function datadogId(id: string): string {
  const short = /^(?:0{16})?([0-9a-f]{16})$/i.exec(id)?.[1]
  return short === undefined ? id.toLowerCase() : BigInt(`0x${short}`).toString()
}
