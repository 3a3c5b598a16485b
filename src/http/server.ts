import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import helmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ZodError, z } from 'zod'
import type { World } from '../base/index.ts'
import type { Api } from './api.ts'
import { guard, refusal } from './guard.ts'
import { openApiDocument } from './openapi.ts'
import type { Route } from './route.ts'
import { createRoutes } from './routes.ts'
import { stream } from './stream.ts'

export interface HttpOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** `''` or `/nines`: where a reverse proxy puts us. */
  readonly basePath: string
  /** The built web app's folder; without it only the API answers. */
  readonly webRoot: string
  readonly version: string
  /** `none` is needed in words on any address but loopback. */
  readonly auth: 'loopback' | 'none'
  /** Host names that a proxy in front asks us by, besides loopback's own. */
  readonly names: readonly string[]
  /** Other handlers below a prefix, such as the Slack emulator. */
  readonly mounts: readonly Mount[]
}

export interface Mount {
  /** `/dev/slack`; also everything below it. */
  readonly prefix: string
  readonly handle: (request: Request) => Promise<Response>
}

export interface HttpServer extends AsyncDisposable {
  /** Resolves with the address that people can open. Rejects with a sentence when the port is taken. */
  readonly listen: () => Promise<{ readonly url: string; readonly port: number }>
  /** Answers a request without a socket. */
  readonly inject: FastifyInstance['inject']
}

const BODY_LIMIT_BYTES = 1 << 20

/** Builds the server; nothing listens until `listen`. Throws when the address is open to others without auth. */
export async function createHttpServer(world: World, api: Api, options: HttpOptions): Promise<HttpServer> {
  const refused = refusal(options)
  if (refused !== undefined) throw new Error(refused)
  const closing = new AbortController()
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1_000 },
  })
  app.addHook('onRequest', guard(options))
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: CSP }, hsts: false })
  app.setErrorHandler((error, _request, reply) => answerError(world, error, reply))
  const serve = async (scope: FastifyInstance): Promise<void> => {
    addApi(scope, { world, api, options, closing: closing.signal })
    for (const mount of options.mounts) addMount(scope, mount)
    await addWeb(scope, options)
  }
  await app.register(serve, { prefix: options.basePath })
  return {
    inject: app.inject.bind(app),
    listen: async () => {
      await app.listen({ host: options.host, port: options.port })
      const address = app.server.address()
      const port = typeof address === 'object' && address !== null ? address.port : options.port
      const host = options.host.includes(':') ? `[${options.host}]` : options.host
      return { url: `http://${host}:${port}${options.basePath}/`, port }
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await app.close()
    },
  }
}

// Everything comes from this origin. Styles may be set by script (uPlot positions its canvas that way), which CSP
// allows without `unsafe-inline`.
const CSP = {
  defaultSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  styleSrc: ["'self'"],
  scriptSrc: ["'self'"],
  connectSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'self'"],
  frameAncestors: ["'self'"],
  formAction: ["'self'"],
}

interface Served {
  readonly world: World
  readonly api: Api
  readonly options: HttpOptions
  readonly closing: AbortSignal
}

function addApi(app: FastifyInstance, { world, api, options, closing }: Served): void {
  const routes = createRoutes(api)
  const document = openApiDocument(routes, options)
  for (const route of routes) {
    app.route({
      method: route.method,
      url: `/api/v1${route.path}`,
      handler: (request, reply) => answer(route, request, reply),
    })
  }
  app.get('/api/v1/stream', (request, reply) => stream(world, api, { request, reply, closing }))
  app.get('/badge/*', (request, reply) => {
    const id = decodeURIComponent(request.url.split('?')[0]?.split('/badge/')[1] ?? '').replace(/\.svg$/, '')
    const picture = api.badge(id)
    if (picture === undefined)
      return problem(reply, { status: 404, title: 'Not found', detail: `There is no public badge "${id}".` })
    // Shown inside of other people's pages, which the policy of ours does not concern.
    return reply
      .header('cache-control', 'public, max-age=60')
      .header('cross-origin-resource-policy', 'cross-origin')
      .type('image/svg+xml')
      .send(picture)
  })
  app.get('/openapi.json', () => document)
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const readiness = api.ready()
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await api.metrics()),
  )
}

const paramsSchema = z.object({ id: z.string().default('') })
const querySchema = z.record(z.string(), z.unknown())

async function answer(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { id } = paramsSchema.parse(request.params ?? {})
  const given = await route.answer({ id, query: querySchema.parse(request.query), body: request.body })
  if (given.kind === 'missing') {
    return problem(reply, {
      status: 404,
      title: 'Not found',
      detail: `There is nothing called "${given.what}".`,
    })
  }
  return reply.header('cache-control', 'no-store').send(given.body)
}

function problem(reply: FastifyReply, body: { status: number; title: string; detail: string }): FastifyReply {
  return reply.code(body.status).type('application/problem+json').send(body)
}

function answerError(world: World, error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof ZodError) {
    const detail = error.issues.map((i) => `${i.path.join('.') || 'the request'}: ${i.message}`).join('; ')
    return problem(reply, { status: 400, title: 'The request cannot be read', detail })
  }
  const status = statusOf(error)
  if (status < 500) {
    return problem(reply, {
      status,
      title: 'The request was refused',
      detail: error instanceof Error ? error.message : '',
    })
  }
  world.log.error('request failed', { err: error })
  return problem(reply, {
    status: 500,
    title: 'Nines failed',
    detail: 'The service log has the reason. Try again.',
  })
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500
  return typeof error.statusCode === 'number' ? error.statusCode : 500
}

/** Hands a request to a WHATWG handler with its raw body, so that signatures over bytes can be checked. */
function addMount(app: FastifyInstance, mount: Mount): void {
  const register = async (scope: FastifyInstance): Promise<void> => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const headers = new Headers()
      for (const [name, value] of Object.entries(request.headers))
        if (typeof value === 'string') headers.set(name, value)
      const body = Buffer.isBuffer(request.body) ? new Uint8Array(request.body) : undefined
      const init =
        body === undefined ? { method: request.method, headers } : { method: request.method, headers, body }
      const response = await mount.handle(
        new Request(`http://${request.host || 'localhost'}${request.url}`, init),
      )
      reply.code(response.status)
      response.headers.forEach((value, name) => void reply.header(name, value))
      return response.body ? reply.send(Readable.fromWeb(response.body)) : reply.send('')
    }
    scope.all('/', handle)
    scope.all('/*', handle)
  }
  void app.register(register, { prefix: mount.prefix })
}

async function addWeb(app: FastifyInstance, options: HttpOptions): Promise<void> {
  const index = join(options.webRoot, 'index.html')
  if (!existsSync(index)) return
  // The app finds its files and its API from here, whatever page it was opened on.
  const page = readFileSync(index, 'utf8').replace('<base href="/"', `<base href="${options.basePath}/"`)
  const sendPage = (reply: FastifyReply): FastifyReply =>
    reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page)
  await app.register(fastifyStatic, {
    root: options.webRoot,
    prefix: '/',
    wildcard: false,
    index: false,
    cacheControl: false,
    globIgnore: ['index.html'],
    setHeaders: (response, path) => {
      // The bundler puts a hash of the content into the names below assets/.
      const immutable = path.includes('/assets/')
      void response.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.get('/', (_request, reply) => sendPage(reply))
  app.setNotFoundHandler((request, reply) => {
    const asksForPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
    if (asksForPage && !request.url.startsWith(`${options.basePath}/api/`)) return sendPage(reply)
    return problem(reply, {
      status: 404,
      title: 'Not found',
      detail: `Nothing is served at ${request.url.split('?')[0]}.`,
    })
  })
}
