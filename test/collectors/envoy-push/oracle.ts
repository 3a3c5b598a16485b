import type protobuf from 'protobufjs'
import { strictReader } from '../otlp/fuzz-reader.ts'
import { ACCESS_LOGS_AS_BYTES } from './schema.ts'

// What a message says, by another library's decoding and in other words than the receiver's own.

/** An entry as far as it is judged and named; texts are those of the bytes, with U+FFFD for what is no UTF-8. */
export interface OracleEntry {
  readonly endMs: number
  readonly duration: number | undefined
  readonly code: number | undefined
  readonly flags: string
  readonly grpcStatus: string | undefined
  readonly codeDetails: string
  readonly path: string
  readonly userAgent: string
  readonly logType: string
  readonly authority: string
  readonly upstreamCluster: string
  readonly route: string
  readonly requestId: string
  readonly tags: Readonly<Record<string, string>>
}

export interface OracleMessage {
  readonly node: readonly string[] | undefined
  readonly entries: readonly OracleEntry[]
  readonly rejected: number
}

type Plain = Record<string, unknown>

const FLAGS =
  'LH UH UT LR UR UF UC UO NR DI FI RL UAEX RLSE DC URX SI IH DPE UMSDR RFCF NFCF DT UPE NC OM DF DR'.split(
    ' ',
  )

/** Undefined: it is no such message. */
export function oracle(bytes: Buffer): OracleMessage | undefined {
  let message: protobuf.Message
  try {
    message = ACCESS_LOGS_AS_BYTES.decode(strictReader(bytes))
  } catch {
    return undefined
  }
  const plain = message as unknown as Plain
  const [http, tcp] = [listAt(plain['http_logs']), listAt(plain['tcp_logs'])]
  const all =
    http.length > 0 || own(plain, 'http_logs') !== undefined
      ? { list: http, tcp: false }
      : { list: tcp, tcp: true }
  const entries = all.list.flatMap((entry) => entryOf(entry, all.tcp) ?? [])
  const identifier = own(plain, 'identifier')
  const node = own(identifier, 'node')
  return {
    node:
      node === undefined
        ? undefined
        : [
            text(node, 'id'),
            text(node, 'cluster'),
            text(own(node, 'locality'), 'region'),
            text(own(node, 'locality'), 'zone'),
          ],
    entries,
    rejected: all.list.length - entries.length,
  }
}

/** Whether both kinds of entries are there, of which only the later ones count: the library does not tell which. */
export function hasBothKinds(bytes: Buffer): boolean {
  try {
    const plain = ACCESS_LOGS_AS_BYTES.decode(strictReader(bytes)) as unknown as Plain
    return own(plain, 'http_logs') !== undefined && own(plain, 'tcp_logs') !== undefined
  } catch {
    return false
  }
}

function entryOf(entry: Plain, isTcp: boolean): OracleEntry | undefined {
  const common = own(entry, 'common')
  const start = own(common, 'start_time')
  if (common === undefined || start === undefined) return undefined
  const took = own(common, 'duration') ?? own(common, 'last_byte')
  const us =
    took === undefined ? undefined : Math.floor(number(took, 'seconds') * 1e6 + number(took, 'nanos') / 1000)
  const duration = us === undefined || us > 100 * 366 * 86_400 * 1e6 ? undefined : Math.max(0, us)
  const endMs =
    number(start, 'seconds') * 1000 + Math.floor((number(start, 'nanos') / 1000 + (duration ?? 0)) / 1000)
  if (!(endMs >= 0 && endMs < 4_294_967_280_000)) return undefined
  const request = isTcp ? undefined : own(entry, 'request')
  const response = isTcp ? undefined : own(entry, 'response')
  const flags = own(common, 'response_flags')
  const set = FLAGS.filter((_, i) =>
    i === 12 ? number(own(flags, 'f13'), 'reason') === 1 : own2(flags, `f${i + 1}`) === true,
  )
  const type = number(common, 'access_log_type')
  const running = own2(common, 'intermediate') === true
  return {
    endMs,
    duration,
    code: isTcp ? undefined : number(own(response, 'code'), 'value'),
    flags: set.join(','),
    grpcStatus: last(response, 'trailers', 'grpc-status') ?? last(response, 'headers', 'grpc-status'),
    codeDetails: text(response, 'code_details'),
    path: text(request, 'original_path') || text(request, 'path'),
    userAgent: text(request, 'user_agent'),
    logType: type !== 0 ? String(type) : running ? 'intermediate' : isTcp ? '3' : '0',
    authority: text(request, 'authority'),
    upstreamCluster: text(common, 'upstream_cluster'),
    route: text(common, 'route_name'),
    requestId: text(request, 'request_id'),
    tags: Object.fromEntries(
      pairsOf(common, 'custom_tags').map((pair) => [text(pair, 'key'), text(pair, 'value')]),
    ),
  }
}

function last(message: Plain | undefined, field: string, key: string): string | undefined {
  return pairsOf(message, field)
    .filter((pair) => text(pair, 'key') === key && own2(pair, 'value') !== undefined)
    .map((pair) => text(pair, 'value'))
    .at(-1)
}

function pairsOf(message: Plain | undefined, field: string): readonly Plain[] {
  const list = message === undefined ? undefined : own2(message, field)
  return Array.isArray(list) ? (list as Plain[]).filter((pair) => own2(pair, 'value') !== undefined) : []
}

function listAt(entries: unknown): readonly Plain[] {
  const list = own2(entries as Plain | undefined, 'log_entry')
  return Array.isArray(list) ? (list as Plain[]) : []
}

function own2(message: Plain | undefined | null, field: string): unknown {
  return message !== undefined && message !== null && Object.hasOwn(message, field)
    ? message[field]
    : undefined
}

function own(message: Plain | undefined, field: string): Plain | undefined {
  const value = own2(message, field)
  return typeof value === 'object' && value !== null ? (value as Plain) : undefined
}

function number(message: Plain | undefined, field: string): number {
  const value = own2(message, field)
  // 64 bits are an object of the library's own, which turns into the nearest number.
  return value === undefined ? 0 : Number(value)
}

function text(message: Plain | undefined, field: string): string {
  const value = own2(message, field)
  return value instanceof Uint8Array ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(value) : ''
}
