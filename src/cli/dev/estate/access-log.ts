import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isoOf } from './civil-time.ts'
import { hexOf, shareOf, uuidOf } from './draws.ts'
import { type FinishedRequest, pathOf } from './request.ts'

/** A file is set aside at this size: some minutes of the busiest place. */
const FILE_BYTES = 4 * 1024 * 1024
/** So many files that were set aside are kept beside the one that grows. */
const FILES_KEPT = 3

const AGENTS: readonly string[] = [
  'ShopApp/8.4.1 (iPhone; iOS 19.2)',
  'ShopApp/8.4.0 (Android 16; SM-S938)',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
]

/**
 * The line that Envoy writes when the request has ended, in the JSON format that docs/collectors-logs.md recommends:
 * typed values, `null` for what is not set, keys in the order of the alphabet.
 */
export function lineOf(request: FinishedRequest): string {
  const { series, ending, identity, durationMs } = request
  const grpc = ending.grpc !== undefined
  const sent = ending.takes !== 'instant' || ending.flags === '-'
  const answered = ending.status !== 0 && ending.flags === '-'
  return JSON.stringify({
    attempts: sent ? 1 : 0,
    authority: series.service.authority,
    backend_address: sent
      ? `10.${(identity >>> 4) & 7}.${(identity >>> 8) & 31}.${(identity >>> 16) & 255}:8080`
      : null,
    bytes_rcvd: Math.floor(shareOf(identity, 2) * 900),
    bytes_snt: answered ? 200 + Math.floor(shareOf(identity, 3) * 8_000) : 0,
    client: `192.0.2.${(identity >>> 9) & 255}:${20_000 + ((identity >>> 3) & 16_383)}`,
    content_type: grpc ? 'application/grpc' : 'application/json',
    duration: durationMs,
    grpc_status: ending.grpc ?? null,
    log_type: 'DownstreamEnd',
    method: series.operation.method,
    path: pathOf(request),
    protocol: 'HTTP/2',
    referer: null,
    response_code: ending.status,
    response_code_details: ending.details,
    response_duration: answered ? Math.max(0, durationMs - 1) : null,
    response_flags: ending.flags,
    route_name: grpc || ending.path !== undefined ? null : series.operation.name,
    start_time: isoOf(request.endedAtMs - durationMs),
    trace_id: hexOf(identity, 4, 32),
    upstream_cluster: series.service.name,
    upstream_transport_failure_reason: ending.flags === 'UF' ? 'delayed connect error: 111' : null,
    useragent: ending.userAgent ?? AGENTS[(identity >>> 2) & 3] ?? null,
    'x-envoy-upstream-svc-time': answered ? String(Math.max(0, durationMs - 1)) : null,
    'x-forwarded-for': `198.51.100.${(identity >>> 11) & 255}`,
    'x-request-id': uuidOf(identity, 1),
  })
}

/** One growing file, `access.json`, whose full parts are set aside as `access-<n>.json` and removed in time. */
export interface AccessLog {
  /** Resolves when the lines are in the file. */
  readonly write: (lines: readonly string[]) => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Opens the log in a directory that it makes. What an earlier run left is set aside first, so that a line which that
 * run could not finish stays the last of its file.
 */
export async function openAccessLog(
  dir: string,
  options: { readonly fileBytes?: number; readonly filesKept?: number } = {},
): Promise<AccessLog> {
  const fileBytes = options.fileBytes ?? FILE_BYTES
  const current = join(dir, 'access.json')
  await mkdir(dir, { recursive: true })
  let next = Math.max(0, ...(await setAside(dir)).map((each) => each.number)) + 1
  let bytes = 0
  let file: FileHandle | undefined

  const close = async (): Promise<void> => {
    const done = file
    file = undefined
    await done?.close()
  }
  const rotate = async (): Promise<void> => {
    await close()
    await rename(current, join(dir, `access-${next++}.json`))
    bytes = 0
    const newestFirst = (await setAside(dir)).sort((a, b) => b.number - a.number)
    for (const old of newestFirst.slice(options.filesKept ?? FILES_KEPT)) await rm(join(dir, old.name))
  }

  if (
    await stat(current).then(
      (found) => found.size > 0,
      () => false,
    )
  )
    await rotate()
  // There from the start, so that whoever follows it has something to follow.
  file = await open(current, 'a')
  return {
    write: async (lines) => {
      if (lines.length === 0) return
      if (bytes >= fileBytes) await rotate()
      file ??= await open(current, 'a')
      const text = Buffer.from(`${lines.join('\n')}\n`)
      bytes += text.length
      await file.appendFile(text)
    },
    close,
  }
}

async function setAside(dir: string): Promise<{ readonly name: string; readonly number: number }[]> {
  const names = await readdir(dir)
  return names.flatMap((name) => {
    const number = /^access-(\d+)\.json$/.exec(name)?.[1]
    return number === undefined ? [] : [{ name, number: Number(number) }]
  })
}
