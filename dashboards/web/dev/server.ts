import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { createEstate, type Estate, type Scenario } from './estate.ts'

/**
 * Serves the built app and an API with made-up answers, so that pages can be seen and tested without a service.
 * Every answer has passed the schema of the contract. The security policy is the strict one of the real service.
 */
export interface FixtureOptions {
  /** The folder of the built app. */
  readonly root: string
  readonly port?: number
  /** Unix seconds at the start; from there time goes on. */
  readonly now: number
  readonly scenario?: Scenario
  /** Milliseconds between live events; 0: none. */
  readonly tickMs?: number
  /** `/` or `/nines/`: where the app is found. */
  readonly prefix?: string
}

export interface Fixture {
  readonly url: string
  readonly estate: Estate
  /** Ends every live stream, as a restart of the service would. */
  readonly dropStreams: () => void
  readonly close: () => Promise<void>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export async function startFixture(options: FixtureOptions): Promise<Fixture> {
  const prefix = options.prefix ?? '/'
  const startedMs = Date.now()
  const estate = createEstate({ start: options.now, scenario: options.scenario ?? 'estate' })
  const now = (): number => options.now + Math.floor((Date.now() - startedMs) / 1000)
  const streams = new Set<ServerResponse>()
  let sent = 0
  const send = (event: { type: string }): void => {
    sent += 1
    for (const s of streams) s.write(`id: ${sent}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }
  const timer =
    options.tickMs === 0 ? undefined : setInterval(() => send(estate.tick(now())), options.tickMs ?? 10_000)
  const server = createServer((request, response) => {
    answer(request, response).catch((cause: unknown) => {
      reply(response, 500, { title: 'The fixture server failed', status: 500, detail: String(cause) })
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture')
    if (!url.pathname.startsWith(prefix)) {
      reply(response, 404, { title: 'Outside the prefix', status: 404, detail: url.pathname })
      return
    }
    const path = url.pathname.slice(prefix.length)
    if (path === 'api/v1/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write('retry: 3000\n\n')
      streams.add(response)
      response.on('close', () => streams.delete(response))
      return
    }
    if (path.startsWith('api/')) {
      const body = request.method === 'POST' ? await bodyOf(request) : undefined
      const { status, value, event } = await estate.answer(path, url.searchParams, { now: now(), body })
      reply(response, status, value)
      if (event) send(event)
      return
    }
    await file(response, options.root, path, prefix)
  }

  await new Promise<void>((done) => server.listen(options.port ?? 0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${portOf(server)}${prefix}`,
    estate,
    dropStreams: () => {
      for (const s of streams) s.destroy()
    },
    close: () => {
      clearInterval(timer)
      for (const s of streams) s.destroy()
      return new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      })
    },
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' })
  response.end(JSON.stringify(value))
}

/** A file of the app, or index.html for every address that the app itself knows. */
async function file(response: ServerResponse, root: string, path: string, prefix: string): Promise<void> {
  const wanted = extname(path) === '' ? 'index.html' : normalize(path)
  try {
    let content: Buffer | string = await readFile(join(root, wanted))
    if (wanted === 'index.html')
      content = content.toString('utf8').replace('<base href="/"', `<base href="${prefix}"`)
    response.writeHead(200, {
      'content-type': TYPES[extname(wanted)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'cache-control': wanted.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
    response.end(content)
  } catch {
    reply(response, 404, { title: 'No such file', status: 404, detail: path })
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
