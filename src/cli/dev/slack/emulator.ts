import type { World } from '../../../base/index.ts'
import { METHODS } from './api.ts'
import { isReady, receiveUpload } from './api-files.ts'
import { type DeliveryOptions, signedDelivery } from './delivery.ts'
import { type Call, ConnectionReset, type Fault, type FaultScript } from './faults.ts'
import { type AppLine, createInteractor, type Interactor } from './interact.ts'
import type { Answer, Args } from './method.ts'
import { renderPage } from './page.ts'
import { SCRIPT } from './page-script.ts'
import { AVATAR, STYLE } from './page-style.ts'
import { type Done, servePeople } from './people-api.ts'
import { lackingScope } from './scopes.ts'
import { createTiers } from './tiers.ts'
import {
  addMessage,
  type Channel,
  createWorkspace,
  findChannel,
  newMessage,
  nextTs,
  removeMessage,
  type Workspace,
  type WorkspaceOptions,
} from './workspace.ts'

export interface SlackEmulatorOptions {
  readonly workspace: WorkspaceOptions
  /** The only token that is let in; absent: any that begins with `xoxb-`. */
  readonly token?: string
  /** Where it is mounted. @default {/dev/slack} */
  readonly path?: string
  readonly faults?: FaultScript
  /** Scopes that the token was granted; absent: all. */
  readonly scopes?: readonly string[]
  /** Where the app takes requests; absent: nobody hears of what is pressed. */
  readonly app?: DeliveryOptions | Pick<AppLine, 'deliver'>
  /** What answer addresses begin with. @default {http://127.0.0.1/dev/slack/hooks/} */
  readonly hooks?: string
  /** Where `apps.connections.open` says that the socket is; absent: there is none. */
  readonly socketUrl?: () => string
}

/** A Slack of one's own: the API that Nines uses, with its limits and errors, and a page that shows the channels. */
export interface SlackEmulator {
  /** Everything under the path it is mounted at. Rejects with `ConnectionReset` when a fault breaks the connection. */
  readonly handle: (request: Request) => Promise<Response>
  readonly workspace: Workspace
  /** What was called, oldest first; the newest 10,000. */
  readonly calls: readonly Call[]
  readonly script: (faults: FaultScript | undefined) => void
  /** What people do in a channel. */
  readonly people: {
    readonly say: (channel: string, user: string, text: string) => string
    readonly remove: (channel: string, ts: string) => boolean
    readonly archive: (channel: string, archived: boolean) => void
  } & Interactor
}

const CALLS_KEPT = 10_000
const BODY_MAX = 1_000_000
const UPLOAD_MAX = 10_000_000

export function createSlackEmulator(world: World, options: SlackEmulatorOptions): SlackEmulator {
  const path = options.path ?? '/dev/slack'
  const workspace = createWorkspace(options.workspace)
  const calls: Call[] = []
  const counts = new Map<string, number>()
  const tiers = createTiers(world)
  const interactor = createInteractor(world, workspace, lineOf(world, path, options))
  let faults = options.faults

  const callApi = async (method: string, request: Request): Promise<Response> => {
    const args = await readArgs(request)
    const nth = (counts.get(method) ?? 0) + 1
    counts.set(method, nth)
    const call: Call = { method, args, atMs: world.clock.nowMs(), nth }
    calls.push(call)
    if (calls.length > CALLS_KEPT) calls.splice(0, calls.length - CALLS_KEPT)
    const pageUrl = new URL(path, request.url).href
    const perform = (): Response => {
      const named = args['channel']
      const channel = (typeof named === 'string' && findChannel(workspace, named)?.id) || ''
      const wait = tiers.take(method, channel)
      if (wait !== undefined) return rateLimited(String(wait))
      const refusal = refuseToken(method, request, args, options.token)
      if (refusal !== undefined) return answer(refusal)
      const needed = lackingScope(method, options.scopes)
      const provided = (options.scopes ?? []).join(',')
      if (needed !== undefined) return answer({ ok: false, error: 'missing_scope', needed, provided })
      if (method === 'apps.connections.open') return answer(openSocket(options))
      const handler = METHODS.get(method)
      if (handler === undefined) return answer({ ok: false, error: 'unknown_method', req_method: method })
      return answer(handler({ world, workspace, pageUrl }, args), options.scopes)
    }
    const fault = faults?.(call)
    return fault === undefined ? perform() : suffer(world, fault, perform)
  }

  return {
    workspace,
    calls,
    script: (next) => {
      faults = next
    },
    handle: async (request) => {
      const url = new URL(request.url)
      if (url.pathname !== path && !url.pathname.startsWith(`${path}/`)) return text('Not found', 404)
      const rest = url.pathname === path ? '' : url.pathname.slice(path.length + 1)
      if (rest.startsWith('api/')) {
        if (request.method !== 'POST' && request.method !== 'GET') return text('Method not allowed', 405)
        return callApi(rest.slice('api/'.length), request)
      }
      if (request.method === 'POST') return serveWrites(workspace, interactor, { request, rest })
      return servePage(world, workspace, { url, rest, path })
    },
    people: { ...peopleOf(world, workspace), ...interactor },
  }
}

function lineOf(world: World, path: string, { app, hooks }: SlackEmulatorOptions): AppLine | undefined {
  if (app === undefined) return undefined
  const deliver = 'deliver' in app ? app.deliver : signedDelivery(world, app)
  return { deliver, hooks: hooks ?? `http://127.0.0.1${path}/hooks/` }
}

const openSocket = ({ socketUrl }: SlackEmulatorOptions): Answer =>
  socketUrl === undefined ? { ok: false, error: 'socket_mode_not_enabled' } : { ok: true, url: socketUrl() }

/** Uploads, answers to what was pressed, and what the page's people do. */
async function serveWrites(
  workspace: Workspace,
  interactor: Interactor,
  { request, rest }: { readonly request: Request; readonly rest: string },
): Promise<Response> {
  const bytes = new Uint8Array(await request.arrayBuffer()).slice(0, UPLOAD_MAX)
  if (rest.startsWith('upload/')) {
    const taken = receiveUpload(workspace, rest.slice('upload/'.length), bytes)
    return taken ? text(`OK - ${bytes.length}`, 200) : text('Not found', 404)
  }
  const body = readBody(bytes)
  if (rest.startsWith('hooks/'))
    return interactor.answerHook(rest.slice('hooks/'.length), body)
      ? text('ok', 200)
      : text('no_such_hook', 404)
  const done: Done | undefined = await servePeople(interactor, rest, body)
  return done === undefined
    ? text('Not found', 404)
    : new Response(JSON.stringify(done), { headers: { 'content-type': 'application/json' } })
}

function readBody(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // Whoever it is for says what it lacks.
    return undefined
  }
}

type Hands = Pick<SlackEmulator['people'], 'say' | 'remove' | 'archive'>

function peopleOf(world: World, workspace: Workspace): Hands {
  const channelOf = (named: string): Channel => {
    const channel = findChannel(workspace, named)
    if (channel === undefined) throw new RangeError(`Cannot find the channel ${named}`)
    return channel
  }
  return {
    say: (named, user, said) => {
      const channel = channelOf(named)
      const ts = nextTs(world, channel)
      addMessage(workspace, channel, newMessage(ts, user, said))
      return ts
    },
    remove: (named, ts) => removeMessage(workspace, channelOf(named), ts),
    archive: (named, archived) => {
      channelOf(named).archived = archived
      workspace.revision++
    },
  }
}

function refuseToken(
  method: string,
  request: Request,
  args: Args,
  expected: string | undefined,
): Answer | undefined {
  const header = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
  const token = header ?? (typeof args['token'] === 'string' ? args['token'] : undefined)
  if (token === undefined || token === '') return { ok: false, error: 'not_authed' }
  if (method === 'api.test') return undefined
  if (method === 'apps.connections.open')
    return token.startsWith('xapp-') ? undefined : { ok: false, error: 'not_allowed_token_type' }
  const fits = expected === undefined ? token.startsWith('xoxb-') : token === expected
  return fits ? undefined : { ok: false, error: 'invalid_auth' }
}

/** Forms and JSON; GET has its arguments in the query. What cannot be read is no arguments. */
async function readArgs(request: Request): Promise<Args> {
  const query = Object.fromEntries(new URL(request.url).searchParams)
  if (request.method === 'GET') return query
  const body = (await request.text()).slice(0, BODY_MAX)
  if (!(request.headers.get('content-type') ?? '').includes('json'))
    return { ...query, ...Object.fromEntries(new URLSearchParams(body)) }
  try {
    const read: unknown = JSON.parse(body)
    return typeof read === 'object' && read !== null ? { ...query, ...read } : query
  } catch {
    return query
  }
}

async function suffer(world: World, fault: Fault, perform: () => Response): Promise<Response> {
  switch (fault.kind) {
    case 'error':
      return answer({ ok: false, error: fault.error })
    case 'rate-limit':
      return rateLimited(fault.retryAfter)
    case 'status':
      if (fault.done === true) perform()
      return text('upstream connect error', fault.status)
    case 'html':
      if (fault.done === true) perform()
      return new Response('<!doctype html><title>Sign in to the network</title>', {
        headers: { 'content-type': 'text/html' },
      })
    case 'empty':
      if (fault.done === true) perform()
      return new Response('', { headers: { 'content-type': 'application/json' } })
    case 'late': {
      const response = perform()
      await world.clock.sleep(fault.ms)
      return response
    }
    case 'reset':
      if (fault.done) perform()
      throw new ConnectionReset('ECONNRESET')
    case 'refuse':
      throw new ConnectionReset('ECONNREFUSED')
    case 'slow-accept':
      void world.clock.sleep(fault.ms).then(perform)
      throw new ConnectionReset('ECONNRESET')
    default:
      return fault satisfies never
  }
}

const answer = (body: Answer, scopes?: readonly string[]): Response =>
  new Response(JSON.stringify(body), {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(scopes === undefined ? {} : { 'x-oauth-scopes': scopes.join(',') }),
    },
  })

const rateLimited = (retryAfter: string | undefined): Response =>
  new Response(JSON.stringify({ ok: false, error: 'ratelimited' }), {
    status: 429,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    },
  })

const text = (body: string, status: number): Response =>
  new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })

/** Nothing inline, nothing from elsewhere. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

function servePage(
  world: World,
  workspace: Workspace,
  place: { readonly url: URL; readonly rest: string; readonly path: string },
): Response {
  const { url, rest, path } = place
  const file = (type: string, body: string): Response =>
    new Response(body, { headers: { ...PAGE_HEADERS, 'content-type': `${type}; charset=utf-8` } })
  switch (rest) {
    case '':
      return file('text/html', renderPage(workspace, { path, nowMs: world.clock.nowMs(), ...viewOf(url) }))
    case 'state.json':
      return file('application/json', JSON.stringify({ revision: workspace.revision }))
    case 'slack.css':
      return file('text/css', STYLE)
    case 'slack.js':
      return file('text/javascript', SCRIPT)
    case 'avatar.svg':
      return file('image/svg+xml', AVATAR)
    default:
      return rest.startsWith('files/')
        ? serveFile(world, workspace, rest.slice('files/'.length))
        : text('Not found', 404)
  }
}

/** A picture, once Slack would show it. */
function serveFile(world: World, workspace: Workspace, id: string): Response {
  const file = workspace.files.get(id)
  if (file?.bytes === undefined || !isReady(file, world.clock.monotonicMs())) return text('Not found', 404)
  return new Response(Buffer.from(file.bytes), { headers: { ...PAGE_HEADERS, 'content-type': 'image/png' } })
}

function viewOf(url: URL): { channel?: string; thread?: string; as?: string } {
  const channel = url.searchParams.get('channel')
  const thread = url.searchParams.get('thread')
  const as = url.searchParams.get('as')
  return {
    ...(as === null ? {} : { as }),
    ...(channel === null ? {} : { channel }),
    ...(thread === null ? {} : { thread }),
  }
}
