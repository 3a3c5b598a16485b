import { createRequire } from 'node:module'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { client, v1, v2 } from '@datadog/datadog-api-client'

/** What is asked of Datadog's client: its operations by name, with what goes in and what comes out. */
export interface Operations {
  readonly queryTimeseriesData: {
    readonly asked: v2.MetricsApiQueryTimeseriesDataRequest
    readonly answered: v2.TimeseriesFormulaQueryResponse
  }
  readonly listSLOs: {
    readonly asked: v1.ServiceLevelObjectivesApiListSLOsRequest
    readonly answered: v1.SLOListResponse
  }
  readonly listSLOCorrection: {
    readonly asked: v1.ServiceLevelObjectiveCorrectionsApiListSLOCorrectionRequest
    readonly answered: v1.SLOCorrectionListResponse
  }
  readonly listMonitors: {
    readonly asked: v1.MonitorsApiListMonitorsRequest
    readonly answered: v1.Monitor[]
  }
}
export type Operation = keyof Operations

/** Where the client has each: the package, the file and the class. */
const PLACES: Readonly<Record<Operation, readonly [folder: string, api: string]>> = {
  queryTimeseriesData: ['datadog-api-client-v2', 'MetricsApi'],
  listSLOs: ['datadog-api-client-v1', 'ServiceLevelObjectivesApi'],
  listSLOCorrection: ['datadog-api-client-v1', 'ServiceLevelObjectiveCorrectionsApi'],
  listMonitors: ['datadog-api-client-v1', 'MonitorsApi'],
}

/** A request as the client would send it. */
export interface ClientRequest {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface ClientResponse {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

export interface ThreadCall<Name extends Operation> {
  readonly url: string
  readonly apiKey: string
  readonly appKey: string
  readonly operation: Name
  readonly asked: Operations[Name]['asked']
  /** Sends what the client wants sent, from this thread. Must not reject. */
  readonly send: (request: ClientRequest) => Promise<ClientResponse>
}

/** What the thread says: send this; or, at the end, what the client made of the answer. */
type FromThread<Name extends Operation> =
  | { readonly kind: 'request'; readonly request: ClientRequest }
  | { readonly kind: 'answered'; readonly value: Operations[Name]['answered'] }
  | { readonly kind: 'failed'; readonly text: string }

interface ToThread extends Omit<ThreadCall<Operation>, 'send' | 'operation'> {
  readonly operation: string
  readonly folder: string
  readonly api: string
  readonly port: MessagePort
}

/** What `import` keeps of a module for as long as the process lives, kept of a thread: the client is loaded once. */
const LOADED: { worker?: Worker } = {}

/**
 * One call with Datadog's client, which lives in a thread of its own: it is eight thousand files, and loading them where
 * the service runs would hold up everything else for a second, or for several on a busy machine. Only the network stays
 * here. Rejects when the client does, and when the signal ends it.
 */
export function callInThread<Name extends Operation>(
  { send, operation, ...call }: ThreadCall<Name>,
  signal: AbortSignal,
): Promise<Operations[Name]['answered']> {
  const { port1: own, port2: port } = new MessageChannel()
  const [folder, api] = PLACES[operation]
  const { promise, resolve, reject } = withResolvers<Operations[Name]['answered']>()
  own.on('message', (said: FromThread<Name>) => {
    if (said.kind === 'request') void send(said.request).then((response) => own.postMessage(response))
    else {
      if (said.kind === 'answered') resolve(said.value)
      else reject(new Error(said.text))
      own.close()
    }
  })
  // After an answer nobody hears it.
  own.on('close', () => reject(new Error('the thread of Datadog’s client ended before it answered')))
  const stop = (): void => own.close()
  signal.addEventListener('abort', stop, { once: true })
  const message: ToThread = { ...call, operation, folder, api, port }
  threadOf().postMessage(message, [port])
  if (signal.aborted) stop()
  return promise.finally(() => signal.removeEventListener('abort', stop))
}

/** As `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: Error) => void
} {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

function threadOf(): Worker {
  if (LOADED.worker) return LOADED.worker
  const worker = new Worker(
    `(${program.toString()})(require('node:module').createRequire(require('node:worker_threads').workerData), require('node:worker_threads').parentPort)`,
    // Outside of it the service's own options would apply, such as those of a test runner.
    { eval: true, workerData: import.meta.url, execArgv: [], name: 'datadog' },
  )
  const forget = (): void => {
    if (LOADED.worker === worker) delete LOADED.worker
  }
  // Its calls fail by their ports being closed, and the next one begins another thread.
  worker.on('error', forget)
  worker.on('exit', forget)
  worker.unref()
  LOADED.worker = worker
  return worker
}

/**
 * What runs in the thread, given to it as text: nothing outside of the function can be named in it. The client's retries are off:
 * they sleep inside the call for as long as the headers say.
 */
function program(load: ReturnType<typeof createRequire>, parent: MessagePort): void {
  const packages = '@datadog/datadog-api-client/dist/packages/'
  const run = async ({
    port,
    url,
    apiKey,
    appKey,
    folder,
    api,
    operation,
    asked,
  }: ToThread): Promise<unknown> => {
    const { BaseServerConfiguration, createConfiguration }: typeof client = load(
      `${packages}datadog-api-client-common/index.js`,
    )
    const send = (request: ClientRequest): Promise<Response> =>
      new Promise((resolve) => {
        port.once('message', ({ status, contentType, text }: ClientResponse) => {
          const body = status === 204 || status === 304 ? null : text
          resolve(new Response(body, { status, headers: { 'content-type': contentType } }))
        })
        port.postMessage({ kind: 'request', request })
      })
    const configuration = createConfiguration({
      baseServer: new BaseServerConfiguration(url, {}),
      authMethods: { apiKeyAuth: apiKey, appKeyAuth: appKey },
      enableRetry: false,
      // It would inflate what is inflated already.
      httpConfig: { compress: false },
      fetch: (
        to: string,
        { method, headers, body }: Omit<ClientRequest, 'url'> & { readonly body?: unknown },
      ) => send({ url: to, method, headers: { ...headers }, ...(typeof body === 'string' ? { body } : {}) }),
    })
    const apis: Record<string, new (from: unknown) => Record<string, (asked: unknown) => Promise<unknown>>> =
      load(`${packages}${folder}/apis/${api}.js`)
    const Api = apis[api]
    if (Api === undefined) throw new Error(`the client has no ${api}`)
    const owner = new Api(configuration)
    return owner[operation]?.(asked)
  }
  parent.on('message', (message: ToThread) => {
    const { port } = message
    run(message).then(
      (value) => port.postMessage({ kind: 'answered', value }),
      (error: unknown) => port.postMessage({ kind: 'failed', text: String(error) }),
    )
  })
}
