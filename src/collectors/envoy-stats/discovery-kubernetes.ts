import { readFile } from 'node:fs/promises'
import type { Log, World } from '../../base/index.ts'
import type { Discovered, Discovery, Trouble } from './discovery.ts'
import {
  type ApiFailure,
  createKubernetesApi,
  type KubernetesApi,
  WATCH_SECONDS,
  type WatchEvent,
} from './discovery-kubernetes-api.ts'
import type { KubernetesOptions } from './discovery-kubernetes-options.ts'
import { isMeant, type Pod, podOf, type Topology, targetOf, topologyOf } from './discovery-kubernetes-pods.ts'
import { field } from './json.ts'

const PAGE = 500
const [SHORTEST_BACK_OFF_MS, LONGEST_BACK_OFF_MS] = [1_000, 60_000]
const NOWHERE: Topology = { region: '', zone: '' }
const GONE = 410

/**
 * Follows the pods of a cluster: lists them, then watches what changes. While the API cannot be asked, the pods that
 * were found last stay. `environment` is where a pod finds the address of its API server.
 */
export function createKubernetesDiscovery(
  world: World,
  options: KubernetesOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Discovery {
  const origin = options.api ?? originIn(environment)
  const api =
    origin === undefined
      ? undefined
      : createKubernetesApi(world, { origin, tokenFile: options.tokenFile, caFile: options.caFile })
  const follower = new Follower(world, { options, api })
  return {
    run: (signal, changed) => follower.run(signal, changed),
    discover: (signal) => follower.discover(signal),
  }
}

/** `https://10.96.0.1:443`; undefined outside a cluster. */
function originIn(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const [host, port] = [environment['KUBERNETES_SERVICE_HOST'], environment['KUBERNETES_SERVICE_PORT']]
  if (host === undefined || host === '') return undefined
  return `https://${host.includes(':') ? `[${host}]` : host}:${port ?? '443'}`
}

const OUTSIDE: Trouble = {
  text: 'Nines does not run in a Kubernetes cluster, so it does not know which one is meant',
  remedy: 'write kubernetes: { api, tokenFile, caFile }',
}

interface Setting {
  readonly options: KubernetesOptions
  readonly api: KubernetesApi | undefined
}

/** One stretch of the cluster that is listed and watched as one: a namespace, or all. */
interface Scope {
  /** `/api/v1/namespaces/shop/pods` */
  readonly path: string
  /** By uid. */
  pods: Map<string, Pod>
  trouble: Trouble | undefined
  /** Whether the first list has come, or failed. */
  isAnswered: boolean
}

class Follower {
  readonly #world: World
  readonly #log: Log
  readonly #options: KubernetesOptions
  readonly #api: KubernetesApi | undefined
  readonly #nodes = new Map<string, Topology>()
  readonly #asked = new Map<string, Promise<void>>()
  #scopes: readonly Scope[] = []
  #trouble: Trouble | undefined
  #changed: () => void = () => undefined
  #answer: () => void = () => undefined
  readonly #answered: Promise<void>
  #mayReadNodes: boolean

  constructor(world: World, { options, api }: Setting) {
    this.#world = world
    this.#log = world.log.child({ discovery: 'kubernetes' })
    this.#options = options
    this.#api = api
    this.#mayReadNodes = options.nodes
    this.#answered = new Promise((resolve) => {
      this.#answer = resolve
    })
  }

  async run(signal: AbortSignal, changed: () => void): Promise<void> {
    this.#changed = changed
    const api = this.#api
    if (api === undefined) this.#trouble = OUTSIDE
    else {
      const namespaces = await this.#namespaces(signal)
      const paths = namespaces.length === 0 ? ['/api/v1/pods'] : namespaces.map(pathOf)
      this.#scopes = paths.map((path) => ({ path, pods: new Map(), trouble: undefined, isAnswered: false }))
      await Promise.all(this.#scopes.map((scope) => this.#follow(api, scope, signal)))
      api.close()
    }
    this.#answer()
  }

  /** The pods known now; the first time, once the API has answered for every namespace, well or not. */
  async discover(signal: AbortSignal): Promise<Discovered> {
    if (this.#api === undefined) return { targets: [], problems: [OUTSIDE] }
    await Promise.race([this.#answered, aborted(signal)])
    const pods = this.#scopes.flatMap(({ pods: all }) => [...all.values()])
    await Promise.all(
      pods.filter((pod) => isMeant(pod, this.#options)).map((pod) => this.#locate(pod, signal)),
    )
    const problems = this.#scopes.flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble]))
    if (this.#trouble !== undefined) problems.push(this.#trouble)
    const targets = pods.flatMap(
      (pod) => targetOf(pod, this.#nodes.get(pod.node) ?? NOWHERE, this.#options) ?? [],
    )
    return { targets, problems }
  }

  /** Empty: all of them. The own one is read again and again until it can be. */
  async #namespaces(signal: AbortSignal): Promise<readonly string[]> {
    const { namespaces, namespaceFile } = this.#options
    if (namespaces !== undefined) return namespaces
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const own = (await readFile(namespaceFile, 'utf8')).trim()
        this.#trouble = undefined
        if (own !== '') return [own]
      } catch (error) {
        const text = `the own namespace cannot be read: ${error instanceof Error ? error.message : String(error)}`
        this.#trouble = { text, remedy: 'write kubernetes: { namespaces: [shop] }' }
        this.#answer()
      }
      await this.#backOff(failures, undefined, signal)
    }
    return []
  }

  /** Lists, then watches from there on; again from the list when the server has forgotten where we were. */
  async #follow(api: KubernetesApi, scope: Scope, signal: AbortSignal): Promise<void> {
    let version: string | undefined
    let failures = 0
    while (!signal.aborted) {
      const outcome =
        version === undefined
          ? await this.#list(api, scope, signal)
          : await this.#watch(api, { scope, version }, signal)
      if (signal.aborted) return
      this.#settle(scope, outcome.failure)
      version = outcome.failure?.status === GONE ? undefined : outcome.version
      failures = outcome.failure === undefined || outcome.failure.status === GONE ? 0 : failures + 1
      if (failures > 0 && failures % 3 === 0) version = undefined
      if (outcome.failure !== undefined)
        await this.#backOff(Math.max(1, failures), outcome.failure.retryAfterMs, signal)
    }
  }

  /** All pods, page by page; what was known stays until all of them are there. */
  async #list(api: KubernetesApi, scope: Scope, signal: AbortSignal): Promise<Outcome> {
    const pods = new Map<string, Pod>()
    let next = ''
    for (;;) {
      const page = await api.get(
        `${scope.path}?${this.#query({ limit: String(PAGE), continue: next })}`,
        signal,
      )
      if (page.kind === 'failed') return { version: undefined, failure: page.error }
      const items = field(page.value, 'items')
      const metadata = field(page.value, 'metadata')
      for (const item of Array.isArray(items) ? items : []) {
        const pod = podOf(item)
        if (pod !== undefined) pods.set(pod.uid, pod)
      }
      next = textAt(metadata, 'continue')
      if (next !== '') continue
      scope.pods = pods
      this.#changed()
      return { version: textAt(metadata, 'resourceVersion'), failure: undefined }
    }
  }

  async #watch(
    api: KubernetesApi,
    { scope, version }: { readonly scope: Scope; readonly version: string },
    signal: AbortSignal,
  ): Promise<Outcome> {
    let reached = version
    const query = this.#query({
      watch: '1',
      resourceVersion: version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
    })
    const ended = await api.watch(
      `${scope.path}?${query}`,
      (event) => {
        reached = textAt(field(event.object, 'metadata'), 'resourceVersion') || reached
        this.#settle(scope, undefined)
        this.#apply(scope, event)
      },
      signal,
    )
    return { version: reached, failure: ended.kind === 'failed' ? ended.error : undefined }
  }

  #apply({ pods }: Scope, { type, object }: WatchEvent): void {
    const pod = type === 'BOOKMARK' ? undefined : podOf(object)
    if (pod === undefined) return
    if (type === 'DELETED') pods.delete(pod.uid)
    else pods.set(pod.uid, pod)
    this.#changed()
  }

  #settle(scope: Scope, failure: ApiFailure | undefined): void {
    // That a server forgets what is old is its way; the list that follows makes it good.
    const trouble = failure?.status === GONE ? undefined : failure
    if (trouble !== undefined && scope.trouble?.text !== trouble.text)
      this.#log.warn('pods cannot be followed', { path: scope.path, text: trouble.text })
    scope.trouble = trouble === undefined ? undefined : { text: trouble.text, remedy: trouble.remedy }
    scope.isAnswered = true
    if (this.#scopes.every(({ isAnswered }) => isAnswered)) this.#answer()
  }

  /** Learns where a pod's node is; once for each node, since nodes do not move. */
  async #locate({ node }: Pod, signal: AbortSignal): Promise<void> {
    if (!this.#mayReadNodes || node === '' || this.#nodes.has(node)) return
    const asked = this.#asked.get(node) ?? this.#askNode(node, signal)
    this.#asked.set(node, asked)
    await asked
    this.#asked.delete(node)
  }

  async #askNode(node: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#api?.get(`/api/v1/nodes/${encodeURIComponent(node)}`, signal)
    if (answer?.kind === 'ok') this.#nodes.set(node, topologyOf(answer.value))
    else if (answer?.error.status === 403) {
      this.#mayReadNodes = false
      this.#log.warn('nodes cannot be read, so pods have neither region nor zone', {
        text: answer.error.text,
      })
    } else if (answer?.error.status === 404) this.#nodes.set(node, NOWHERE)
  }

  #query(parameters: Readonly<Record<string, string>>): string {
    const { selector } = this.#options
    const given = Object.entries({ ...parameters, labelSelector: selector }).filter(
      ([, value]) => value !== '',
    )
    return new URLSearchParams(given).toString()
  }

  async #backOff(failures: number, atLeastMs: number | undefined, signal: AbortSignal): Promise<void> {
    const longest = Math.min(LONGEST_BACK_OFF_MS, SHORTEST_BACK_OFF_MS * 2 ** Math.min(failures - 1, 10))
    const pause = Math.max(atLeastMs ?? 0, longest * (0.5 + this.#world.random() / 2))
    await this.#world.clock.sleep(pause, signal).catch(() => undefined)
  }
}

interface Outcome {
  /** From where to go on; undefined: from a list. */
  readonly version: string | undefined
  readonly failure: ApiFailure | undefined
}

function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods`
}

function textAt(value: unknown, name: string): string {
  const text = field(value, name)
  return typeof text === 'string' ? text : ''
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
