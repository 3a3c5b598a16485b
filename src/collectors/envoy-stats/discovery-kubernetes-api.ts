import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { failed, ok, type Result, type World } from '../../base/index.ts'
import { field, parse } from './json.ts'

/** How the API server is reached. */
export interface ApiAccess {
  /** `https://10.96.0.1:443` */
  readonly origin: string
  readonly tokenFile: string
  readonly caFile: string
}

/** Why the API gave no answer that can be used. */
export interface ApiFailure {
  /** HTTP status, also of an error inside a watch; undefined when there was no answer. */
  readonly status: number | undefined
  readonly text: string
  readonly remedy: string
  readonly retryAfterMs: number | undefined
}

/** Something that happened to an object that is watched. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: unknown
}

export interface KubernetesApi {
  /** The JSON at a path. */
  readonly get: (path: string, signal: AbortSignal) => Promise<Result<unknown, ApiFailure>>
  /** Hands over events as they come; resolves when the server ends the watch, which it does every few minutes. */
  readonly watch: (
    path: string,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
  ) => Promise<Result<undefined, ApiFailure>>
  readonly close: () => void
}

const ANSWER_MS = 15_000
const PAGE_MS = 60_000
/** A watch asks the server to end it after five minutes; one that is not ended then has lost its connection. */
export const WATCH_SECONDS = 290
const WATCH_MS = (WATCH_SECONDS + 30) * 1_000
const MOST_BYTES = 64 * 1024 * 1024
/** An object of Kubernetes has no more than about 1.5 MiB. */
const LONGEST_LINE = 4 * 1024 * 1024

/** Asks with the account's token, which is read for each question: the kubelet writes a new one every hour or so. */
export function createKubernetesApi(world: World, access: ApiAccess): KubernetesApi {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const open = (path: string, limit: AbortSignal): Promise<Result<IncomingMessage, ApiFailure>> =>
    ask({ world, access, agent, path }, limit)
  return {
    get: (path, signal) =>
      within(world, { ms: PAGE_MS, signal }, async (limit) => {
        const opened = await open(path, limit)
        if (opened.kind === 'failed') return opened
        const text = await readAll(opened.value)
        const plain = text === undefined ? undefined : parse(text)
        return plain === undefined ? failed(nonsense(access)) : ok(plain)
      }),
    watch: (path, onEvent, signal) =>
      within(world, { ms: WATCH_MS, signal }, async (limit) => {
        const opened = await open(path, limit)
        return opened.kind === 'failed' ? opened : await readEvents(opened.value, { access, onEvent })
      }),
    close: () => agent.destroy(),
  }
}

interface Question {
  readonly world: World
  readonly access: ApiAccess
  readonly agent: Agent
  readonly path: string
}

/** Sends a question; gives the answer when it is 200. */
async function ask(question: Question, signal: AbortSignal): Promise<Result<IncomingMessage, ApiFailure>> {
  const { world, access, agent, path } = question
  const [token, ca] = await Promise.all([readText(access.tokenFile), readText(access.caFile)])
  if (token.kind === 'failed') return failed(unreadable(token.error, 'the service account token'))
  if (ca.kind === 'failed') return failed(unreadable(ca.error, "the cluster's certificate"))
  const headers = { authorization: `Bearer ${token.value.trim()}`, accept: 'application/json' }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const settled = new AbortController()
    const sent = request(`${access.origin}${path}`, { agent, ca: ca.value, headers, signal })
    const late = new Error(`no answer within ${ANSWER_MS / 1_000} s`)
    world.clock.sleep(ANSWER_MS, settled.signal).then(
      () => sent.destroy(late),
      () => undefined,
    )
    sent.on('response', (answer) => {
      settled.abort()
      resolve(answer)
    })
    sent.on('error', (error) => {
      settled.abort()
      reject(error)
    })
    sent.end()
  })
  if (response.statusCode === 200) return ok(response)
  const said = field(parse((await readAll(response)) ?? ''), 'message')
  return failed(refusal(access, response, typeof said === 'string' ? said : ''))
}

/** Does the work under a time limit; what is thrown is a failure of the network. */
async function within<T>(
  world: World,
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  work: (limit: AbortSignal) => Promise<Result<T, ApiFailure>>,
): Promise<Result<T, ApiFailure>> {
  const over = new AbortController()
  const settled = new AbortController()
  world.clock.sleep(ms, settled.signal).then(
    () => over.abort(new Error(`no answer within ${ms / 1_000} s`)),
    () => undefined,
  )
  try {
    return await work(AbortSignal.any([over.signal, signal]))
  } catch (error) {
    const cause: unknown = over.signal.aborted ? over.signal.reason : error
    return failed(broken(cause instanceof Error ? cause.message : String(cause)))
  } finally {
    settled.abort()
  }
}

async function readEvents(
  response: IncomingMessage,
  { access, onEvent }: { readonly access: ApiAccess; readonly onEvent: (event: WatchEvent) => void },
): Promise<Result<undefined, ApiFailure>> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response) {
    rest += String(chunk)
    let from = 0
    for (let end = rest.indexOf('\n', from); end >= 0; end = rest.indexOf('\n', from)) {
      const line = rest.slice(from, end)
      from = end + 1
      if (line === '') continue
      const event = parse(line)
      const [type, object] = [field(event, 'type'), field(event, 'object')]
      if (type === 'ERROR') return failed(watchError(object))
      if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED' && type !== 'BOOKMARK')
        return failed(nonsense(access))
      onEvent({ type, object })
    }
    rest = rest.slice(from)
    if (rest.length > LONGEST_LINE) return failed(nonsense(access))
  }
  return ok(undefined)
}

async function readAll(response: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) return undefined
    size += chunk.length
    if (size > MOST_BYTES) {
      response.destroy()
      return undefined
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString('utf8')
}

async function readText(file: string): Promise<Result<string, string>> {
  try {
    return ok(await readFile(file, 'utf8'))
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

function refusal(access: ApiAccess, { statusCode, headers }: IncomingMessage, said: string): ApiFailure {
  const wait = /^\d{1,5}$/.exec(headers['retry-after'] ?? '')
  return {
    status: statusCode,
    text: `the API server ${access.origin} answered HTTP ${statusCode}${said === '' ? '' : `: ${said}`}`,
    remedy: REMEDIES[statusCode ?? 0] ?? 'see the state of the cluster',
    retryAfterMs: wait === null ? undefined : Number(wait[0]) * 1_000,
  }
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'is the service account still there, and is tokenFile its token?',
  403: 'give the service account the role that docs/collectors-envoy-stats.md shows',
  404: 'is api: the address of an API server?',
  429: 'the API server is busy; it is asked again later',
}

function watchError(object: unknown): ApiFailure {
  const [code, message] = [field(object, 'code'), field(object, 'message')]
  return {
    status: typeof code === 'number' ? code : undefined,
    text: `the watch was ended: ${typeof message === 'string' ? message : 'no reason given'}`,
    remedy: 'it is begun anew',
    retryAfterMs: undefined,
  }
}

function unreadable(error: string, what: string): ApiFailure {
  return {
    status: undefined,
    text: `${what} cannot be read: ${error}`,
    remedy: 'mount the service account (automountServiceAccountToken), or write tokenFile and caFile',
    retryAfterMs: undefined,
  }
}

function nonsense({ origin }: ApiAccess): ApiFailure {
  return {
    status: undefined,
    text: `what ${origin} sent is not what an API server sends`,
    remedy: 'is api: the address of an API server?',
    retryAfterMs: undefined,
  }
}

function broken(error: string): ApiFailure {
  return {
    status: undefined,
    text: `the API server cannot be asked: ${error}`,
    remedy: 'is the cluster up, and does a network policy let Nines reach its API server?',
    retryAfterMs: undefined,
  }
}
