import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

// An API server as far as a client that follows pods can tell, after the documentation of Kubernetes' API concepts:
// lists in pages of one snapshot, watches from a resource version on, versions that are forgotten, bookmarks, tokens
// that end, rights by namespace. What a client may not do it refuses.

const FIXTURES = join(import.meta.dirname, '../../fixtures/kubernetes')
export const CA_FILE: string = join(FIXTURES, 'server.crt')

export interface FakePod {
  readonly namespace: string
  readonly name: string
  readonly ip?: string
  readonly phase?: string
  readonly node?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly owner?: { readonly kind: string; readonly name: string }
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
}

interface Stored {
  readonly pod: FakePod
  readonly object: object
}

interface Change {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly before: FakePod | undefined
  readonly pod: FakePod
  readonly object: object
}

interface Watcher {
  readonly response: ServerResponse
  readonly namespace: string
  readonly selector: string
  readonly bookmarks: boolean
  reached: number
}

interface Snapshot {
  readonly version: number
  readonly items: readonly object[]
}

export class FakeKubernetes {
  /** Tokens that are accepted. */
  tokens = new Set(['first'])
  /** Namespaces whose pods may be read; `*`: the pods of all. */
  readonly allowed = new Set(['*'])
  mayReadNodes = true
  readonly nodes = new Map<string, Readonly<Record<string, string>>>()
  /** A page holds no more, whatever the client asks for. */
  largestPage = 500
  /** What happens instead of the next answers. */
  readonly faults: ((response: ServerResponse) => void)[] = []
  /** Paths with queries, as they were asked. */
  readonly asked: URL[] = []
  #version = 1_000
  #oldest = 0
  #uid = 0
  readonly #pods = new Map<string, Stored>()
  readonly #changes: Change[] = []
  readonly #snapshots = new Map<string, Snapshot>()
  readonly #watchers = new Set<Watcher>()
  readonly #server: Server

  constructor() {
    this.#server = createServer(
      { key: readFileSync(join(FIXTURES, 'server.key')), cert: readFileSync(CA_FILE) },
      (request, response) => this.#serve(request, response),
    )
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get watchers(): number {
    return this.#watchers.size
  }

  /** Creates the pod, or replaces the one of that name. */
  put(pod: FakePod): void {
    const key = `${pod.namespace}/${pod.name}`
    const was = this.#pods.get(key)
    const uid =
      was === undefined ? `uid-${++this.#uid}` : (was.object as { metadata: { uid: string } }).metadata.uid
    const version = ++this.#version
    const object = objectOf(pod, uid, version)
    this.#pods.set(key, { pod, object })
    this.#change({ version, type: was === undefined ? 'ADDED' : 'MODIFIED', before: was?.pod, pod, object })
  }

  remove(namespace: string, name: string): void {
    const was = this.#pods.get(`${namespace}/${name}`)
    if (was === undefined) throw new Error(`there is no pod ${name}`)
    this.#pods.delete(`${namespace}/${name}`)
    const version = ++this.#version
    const metadata = { ...(was.object as { metadata: object }).metadata, resourceVersion: String(version) }
    const object = { ...was.object, metadata }
    this.#change({ version, type: 'DELETED', before: was.pod, pod: was.pod, object })
  }

  /** Other objects change, too: versions go on without an event. */
  elsewhere(changes: number): void {
    this.#version += changes
  }

  bookmark(): void {
    for (const watcher of this.#watchers) {
      if (!watcher.bookmarks) continue
      watcher.reached = this.#version
      const metadata = { resourceVersion: String(this.#version) }
      send(watcher.response, { type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata } })
    }
  }

  /** Forgets what was before now, as after a compaction: lists that are half read, and versions to watch from. */
  compact(): void {
    this.#oldest = this.#version
    this.#snapshots.clear()
  }

  /** Ends all watches, as the server does every few minutes. */
  endWatches(): void {
    for (const { response } of this.#watchers) response.end()
    this.#watchers.clear()
  }

  /** Cuts all connections, in the middle of whatever. */
  cut(): void {
    this.#server.closeAllConnections()
    this.#watchers.clear()
  }

  #change(change: Change): void {
    this.#changes.push(change)
    for (const watcher of this.#watchers) tell(watcher, change)
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://kubernetes')
    this.asked.push(url)
    const fault = this.faults.shift()
    if (fault !== undefined) return fault(response)
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined || !this.tokens.has(token)) return refuse(response, 401, 'Unauthorized')
    const node = /^\/api\/v1\/nodes\/([^/]+)$/.exec(url.pathname)?.[1]
    if (node !== undefined) return this.#node(node, response)
    const namespaced = /^\/api\/v1\/namespaces\/([^/]+)\/pods$/.exec(url.pathname)?.[1]
    const namespace = namespaced ?? (url.pathname === '/api/v1/pods' ? '*' : undefined)
    if (request.method !== 'GET' || namespace === undefined)
      return refuse(response, 404, 'the server could not find the requested resource')
    if (!this.allowed.has(namespace) && !this.allowed.has('*'))
      return refuse(response, 403, `pods is forbidden in the namespace "${namespace}"`)
    if (url.searchParams.get('watch') === '1') this.#watch(url, namespace, response)
    else this.#list(url, namespace, response)
  }

  #node(name: string, response: ServerResponse): void {
    const labels = this.nodes.get(name)
    if (!this.mayReadNodes) refuse(response, 403, `nodes "${name}" is forbidden`)
    else if (labels === undefined) refuse(response, 404, `nodes "${name}" not found`)
    else answer(response, { kind: 'Node', metadata: { name, labels } })
  }

  #list(url: URL, namespace: string, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? '0')
    const token = url.searchParams.get('continue')
    let snapshot: Snapshot | undefined
    let from = 0
    if (token === null) {
      const selector = url.searchParams.get('labelSelector') ?? ''
      const items = [...this.#pods.values()]
        .filter(({ pod }) => fits(pod, namespace, selector))
        .map(({ object }) => object)
      snapshot = { version: this.#version, items }
    } else {
      const [id, offset] = token.split(':')
      snapshot = this.#snapshots.get(id ?? '')
      from = Number(offset)
      if (snapshot === undefined)
        return refuse(response, 410, 'The provided continue parameter is too old', 'Expired')
    }
    const to = Math.min(
      snapshot.items.length,
      from + Math.min(limit === 0 ? Infinity : limit, this.largestPage),
    )
    const rest = snapshot.items.length - to
    const id = `snapshot-${snapshot.version}`
    if (rest > 0) this.#snapshots.set(id, snapshot)
    const metadata = {
      resourceVersion: String(snapshot.version),
      ...(rest > 0 ? { continue: `${id}:${to}`, remainingItemCount: rest } : {}),
    }
    answer(response, { kind: 'PodList', apiVersion: 'v1', metadata, items: snapshot.items.slice(from, to) })
  }

  #watch(url: URL, namespace: string, response: ServerResponse): void {
    const version = Number(url.searchParams.get('resourceVersion'))
    if (!(Number(url.searchParams.get('timeoutSeconds')) > 0) || !Number.isInteger(version) || version === 0)
      return refuse(response, 400, 'a watch says from where and for how long')
    response.writeHead(200, { 'content-type': 'application/json' })
    if (version < this.#oldest) {
      send(response, {
        type: 'ERROR',
        object: {
          kind: 'Status',
          code: 410,
          reason: 'Expired',
          message: `too old resource version: ${version}`,
        },
      })
      return void response.end()
    }
    const watcher: Watcher = {
      response,
      namespace,
      selector: url.searchParams.get('labelSelector') ?? '',
      bookmarks: url.searchParams.get('allowWatchBookmarks') === 'true',
      reached: version,
    }
    response.flushHeaders()
    for (const change of this.#changes) if (change.version > version) tell(watcher, change)
    this.#watchers.add(watcher)
    response.on('close', () => this.#watchers.delete(watcher))
  }
}

/** An object that no longer fits a selector is deleted as far as that watcher knows; one that fits anew is added. */
function tell(watcher: Watcher, { type, before, pod, object, version }: Change): void {
  const fitted = before !== undefined && fits(before, watcher.namespace, watcher.selector)
  const does = type !== 'DELETED' && fits(pod, watcher.namespace, watcher.selector)
  watcher.reached = version
  if (!fitted && !does) return
  const seen = does ? (fitted ? 'MODIFIED' : 'ADDED') : 'DELETED'
  send(watcher.response, { type: seen, object })
}

function fits(pod: FakePod, namespace: string, selector: string): boolean {
  if (namespace !== '*' && pod.namespace !== namespace) return false
  return selector
    .split(',')
    .filter((each) => each !== '')
    .every((each) => {
      const [name, value] = each.split('=')
      return pod.labels?.[name ?? ''] === value
    })
}

function objectOf(pod: FakePod, uid: string, version: number): object {
  const { namespace, name, ip, phase = 'Running', node, labels, annotations, owner, ports = [] } = pod
  const references = owner === undefined ? [] : [{ ...owner, controller: true }]
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      namespace,
      name,
      uid,
      labels,
      annotations,
      ownerReferences: references,
      resourceVersion: String(version),
    },
    spec: { nodeName: node, containers: [{ name: 'envoy', ports }] },
    status: { phase, ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }) },
  }
}

function send(response: ServerResponse, event: object): void {
  response.write(`${JSON.stringify(event)}\n`)
}

function answer(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function refuse(response: ServerResponse, code: number, message: string, reason = ''): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message, reason }))
}
