import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { failed, ok, type Result, type World } from '../../../base/index.ts'
import { createEnvoyStats, type EnvoyStats, type StatsOptions } from './envoy-stats.ts'

export interface EnvoyAdmin {
  readonly stats: EnvoyStats
  /** `127.0.0.1:19901`. */
  readonly address: string
  readonly close: () => Promise<void>
}

/** Why the live estate could not start, and what to do. */
export interface LiveProblem {
  readonly message: string
  readonly remedy: string
}

export interface EnvoyAdminOptions {
  /** The upstream cluster whose requests it counts. */
  readonly cluster: string
  /** 0: any free port. */
  readonly port: number
}

/**
 * Answers as the admin interface of an Envoy does: `/stats`, `/server_info`, `/ready`. Loopback only, like the real
 * one should be.
 */
export async function openEnvoyAdmin(
  world: World,
  options: EnvoyAdminOptions,
): Promise<Result<EnvoyAdmin, LiveProblem>> {
  const startedAtMs = world.clock.nowMs()
  const stats = createEnvoyStats(options.cluster, startedAtMs)
  const server = createServer((request, response) => {
    const uptimeSeconds = Math.max(0, Math.floor((world.clock.nowMs() - startedAtMs) / 1_000))
    stats.flush(world.clock.nowMs())
    answer(request, response, { stats, uptimeSeconds, cluster: options.cluster })
  })
  const problem = await new Promise<Error | undefined>((resolve) => {
    server.once('error', resolve)
    server.listen(options.port, '127.0.0.1', () => resolve(undefined))
  })
  if (problem) {
    return failed({
      message: `The demo's Envoy cannot listen on 127.0.0.1:${options.port}: ${problem.message}`,
      remedy: 'End the program that holds the port; another demo is the usual one.',
    })
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return ok({
    stats,
    address: `127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

interface Asked {
  readonly stats: EnvoyStats
  readonly uptimeSeconds: number
  readonly cluster: string
}

function answer(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
  const url = new URL(request.url ?? '/', 'http://envoy')
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body)
  }
  switch (url.pathname) {
    case '/ready':
      return send(200, 'text/plain; charset=UTF-8', 'LIVE\n')
    case '/server_info':
      return send(200, 'application/json', serverInfo(asked))
    case '/stats': {
      const options = statsOptions(url.searchParams, asked.uptimeSeconds)
      if (options.kind === 'failed') return send(400, 'text/plain; charset=UTF-8', `${options.error}\n`)
      const type = options.value.format === 'json' ? 'application/json' : 'text/plain; charset=UTF-8'
      return send(200, type, asked.stats.print(options.value))
    }
    default:
      return send(
        404,
        'text/plain; charset=UTF-8',
        'The emulated Envoy answers /stats, /server_info and /ready.\n',
      )
  }
}

function statsOptions(query: URLSearchParams, uptimeSeconds: number): Result<StatsOptions, string> {
  const format = query.get('format') ?? 'text'
  if (format !== 'text' && format !== 'json') return failed(`format=${format} is not emulated`)
  const buckets = query.get('histogram_buckets') ?? 'none'
  if (buckets !== 'none' && buckets !== 'cumulative' && buckets !== 'detailed') {
    return failed('usage: /stats?histogram_buckets=(none|cumulative|detailed)')
  }
  const wanted = query.get('filter')
  try {
    const filter = wanted === null ? undefined : new RegExp(wanted)
    return ok({ filter, usedOnly: query.has('usedonly'), format, buckets, uptimeSeconds })
  } catch {
    return failed(`Invalid re2 regex: ${wanted}`)
  }
}

function serverInfo({ uptimeSeconds, cluster }: Asked): string {
  return JSON.stringify({
    // Commit, version, state of the checkout, kind of build, TLS library; there is no commit to name.
    version: `${'0'.repeat(40)}/1.31.0/Clean/RELEASE/BoringSSL`,
    state: 'LIVE',
    hot_restart_version: '11.104',
    command_line_options: { restart_epoch: 0, service_cluster: cluster, service_node: `${cluster}-rack-1` },
    node: { id: `${cluster}-rack-1`, cluster },
    uptime_current_epoch: `${uptimeSeconds}s`,
    uptime_all_epochs: `${uptimeSeconds}s`,
  })
}
