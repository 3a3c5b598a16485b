import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DAY, earlier, later, MINUTE, type UnixSeconds, unixSeconds } from './base/index.ts'
import type { Config } from './cli/config.ts'
import { receiversOf, type SlackConfig } from './cli/config-notify.ts'
import { trackerOf } from './cli/config-policies.ts'
import { createEstate, type Estate } from './cli/dev/estate/estate.ts'
import { generateHistory } from './cli/dev/estate/history.ts'
import { startLiveEstate } from './cli/dev/estate/live.ts'
import { createSlackEmulator } from './cli/dev/slack/index.ts'
import { EXIT, type Io } from './cli/io.ts'
import type { DemoOptions } from './cli/program.ts'
import { createProgress } from './cli/progress.ts'
import { readSecret } from './cli/secret.ts'
import { slackSecrets } from './cli/slack-secrets.ts'
import { createService, type Service, type ServiceOptions, type SlackOptions } from './service/index.ts'
import type { System } from './system.ts'

export interface Serving {
  readonly system: System
  readonly io: Io
  readonly signal: AbortSignal
  /** The package's own folder: policies, the demo's definitions, the built page. */
  readonly root: string
  readonly version: string
}

/** Serves what `nines.yaml` says until the signal. */
export async function serveConfigured({
  config,
  base,
  ...serving
}: Serving & { config: Config; base: string }): Promise<number> {
  const { io } = serving
  const token = readSecret(io.env, 'SLACK_BOT_TOKEN')
  const { slack } = config.notify
  const channels = config.notify.receivers.filter((receiver) => receiver.slack !== undefined)
  if (token !== undefined && slack === undefined && channels.length === 0) {
    io.stderr(
      'SLACK_BOT_TOKEN is set, but nines.yaml names no channel; write notify: { slack: { channel: C0123456789 } }.\n',
    )
    return EXIT.invalid
  }
  const receivers = receiversOf(config.notify, io.env)
  if (receivers.kind === 'failed') {
    io.stderr(`${receivers.error}\n`)
    return EXIT.invalid
  }
  const tracker = trackerOf(config.policies, io.env)
  if (tracker.kind === 'failed') {
    io.stderr(`${tracker.error}\n`)
    return EXIT.invalid
  }
  const password = readSecret(io.env, 'CLICKHOUSE_PASSWORD')
  const store: ServiceOptions['store'] =
    config.store.kind === 'cluster' && password !== undefined ? { ...config.store, password } : config.store
  return run(serving, {
    ...optionsOf(serving, config),
    store,
    base,
    slack: slackOf(config, token, io.env),
    policies: { budgets: config.policies.budgets, tracker: tracker.value },
    notify: {
      receivers: receivers.value,
      routes: config.notify.routes,
      hours: config.notify.hours,
      heartbeat: config.notify.heartbeat,
    },
  })
}

/** Without a token, an emulated workspace; without a channel of its own, only those of receivers are told. */
function slackOf({ notify }: Config, token: string | undefined, env: Io['env']): SlackOptions {
  const { slack, receivers } = notify
  if (token !== undefined) return { ...workspaceOf(env, slack), token }
  const silent = slack === undefined && receivers.length > 0
  const own = emulated(slack?.locale ?? 'en')
  return silent ? { ...own, channel: '' } : own
}

/** A workspace of Slack. Buttons act when their presses can come back: signed over HTTP, or over a socket. */
function workspaceOf(env: Io['env'], slack: SlackConfig | undefined): Omit<SlackOptions, 'token'> {
  const { signingSecrets, appToken } = slackSecrets(env, slack)
  const reachable = signingSecrets.length > 0 || appToken !== undefined
  return {
    kind: 'workspace',
    apiUrl: env['SLACK_API_URL'],
    channel: slack?.channel ?? '',
    locale: slack?.locale ?? 'en',
    mention: slack?.mention,
    pictures: slack?.pictures === false ? undefined : {},
    desk: reachable ? { signingSecrets, appToken, responders: slack?.responders ?? [] } : undefined,
  }
}

/** A Slack of this process, with a secret that nobody else knows. */
const emulated = (locale: 'en' | 'ja'): SlackOptions => ({
  kind: 'emulator',
  token: 'xoxb-emulator',
  apiUrl: 'http://127.0.0.1/dev/slack/api/',
  channel: 'slo-alerts',
  locale,
  pictures: { uploads: 'http://127.0.0.1/dev/slack/upload/' },
  desk: {
    signingSecrets: [randomBytes(16).toString('hex')],
    appToken: undefined,
    responders: [],
    hooks: 'http://127.0.0.1/dev/slack/hooks/',
  },
})

type Described = Omit<ServiceOptions, 'mounts' | 'store' | 'base' | 'slack' | 'notify' | 'policies'>

function optionsOf({ root, version }: Serving, config: Config): Described {
  return {
    version,
    listen: config.listen,
    auth: config.auth,
    definitions: { dir: config.definitions, policies: join(root, 'slo-definitions/policies') },
    retention: config.retention,
    evaluateEverySeconds: config.evaluateEverySeconds,
    publicUrl: config.publicUrl,
    traces: config.traces,
    webRoot: join(root, 'dist/web'),
    demo: false,
  }
}

/** Serves until the signal; `prepare` runs when the ledger is open and before anything is read or evaluated. */
async function run(
  { system, io, signal }: Serving,
  options: Omit<ServiceOptions, 'mounts'>,
  prepare: (service: Service) => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const { slack } = options
  const served = { url: 'http://127.0.0.1/' }
  const emulator =
    slack?.kind === 'emulator'
      ? createSlackEmulator(system, {
          workspace: { channels: channelsOf(options).map((name) => ({ name })) },
          // What is pressed comes the same way as from Slack: signed, over the network.
          app: {
            signingSecret: slack.desk?.signingSecrets[0] ?? '',
            post: (path, init) => system.fetch(new URL(`slack/${path}`, served.url), init),
          },
        })
      : undefined
  await using service = await createService(system, {
    ...options,
    slack: slack && emulator ? { ...slack, fetch: answeredBy(emulator.handle) } : slack,
    mounts: emulator ? [{ prefix: '/dev/slack', handle: emulator.handle }] : [],
  })
  await prepare(service)
  const { url } = await service.start()
  served.url = url
  io.stderr(`Nines ${options.version} answers at ${url}\n`)
  if (emulator) io.stderr(`No SLACK_BOT_TOKEN is set: what Slack would show is at ${url}dev/slack\n`)
  await service.run(signal)
  return EXIT.ok
}

/** Every channel that somebody is told in, for the emulated workspace. */
function channelsOf({ slack, notify }: Pick<ServiceOptions, 'slack' | 'notify'>): readonly string[] {
  const others = (notify?.receivers ?? []).flatMap((one) => (one.kind === 'slack' ? [one.channel] : []))
  return [...new Set([slack?.channel ?? '', ...others])].filter((name) => name !== '')
}

/** Calls that a handler of this process answers. Slack's client asks an answer for its address, which made ones lack. */
function answeredBy(handle: (request: Request) => Promise<Response>): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    return Object.defineProperty(await handle(request), 'url', { value: request.url })
  }
}

/** Makes the demo estate's history where it is missing, lets its traffic flow, and serves it until the signal. */
export async function serveDemo({
  options,
  ...serving
}: Serving & { options: DemoOptions }): Promise<number> {
  const { system, io, signal, root, version } = serving
  const dir = resolve(io.cwd, options.data ?? 'data/demo')
  if (options.fresh) await rm(dir, { recursive: true, force: true })
  // Lines of an earlier run that nobody counted are of minutes that the history fills.
  await rm(join(dir, 'logs'), { recursive: true, force: true })
  const listen = { host: options.host ?? '127.0.0.1', port: options.port ?? 8080, basePath: '', names: [] }
  return run(
    serving,
    {
      version,
      listen,
      auth: 'loopback',
      definitions: {
        dir: resolve(io.cwd, options.definitions ?? join(root, 'slo-definitions')),
        policies: join(root, 'slo-definitions/policies'),
      },
      base: dir,
      store: { kind: 'embedded', path: join(dir, 'ledger') },
      retention: { traffic: 400, exemplars: 14, journal: 1_100 },
      evaluateEverySeconds: 5,
      publicUrl: undefined,
      webRoot: join(root, 'dist/web'),
      demo: true,
      slack: emulated('en'),
    },
    async (service) => {
      const needs = { system, io, days: options.days, seed: options.seed }
      // The history takes a while; the live traffic begins where a second, short pass ends.
      await writeHistory(service, needs)
      const estate = await writeHistory(service, needs)
      const port = options.envoyPort === undefined ? {} : { adminPort: options.envoyPort }
      const live = await startLiveEstate(system, { estate, dir, signal, ...port })
      if (live.kind === 'failed') throw new Error(`${live.error.message} ${live.error.remedy}`)
    },
  )
}

interface HistoryNeeds {
  readonly system: System
  readonly io: Io
  readonly days: number
  readonly seed: number
}

const ANCHOR = 'demo:anchor'

/** Fills the ledger from where it ends (at most `days` back) to now. Gives the estate whose live traffic starts there. */
async function writeHistory(service: Service, { system, io, days, seed }: HistoryNeeds): Promise<Estate> {
  const { ledger } = service
  const liveFrom = later(system.clock.now(), 1)
  const anchor = await anchorOf(ledger, liveFrom)
  const seen = (await ledger.inventory()).map((source) => source.last)
  const earliest = earlier(liveFrom, days * DAY)
  const from = seen.length === 0 ? earliest : unixSeconds(Math.max(earliest, Math.max(...seen) + MINUTE))
  const estate = createEstate({ seed, liveFrom, anchor })
  if (liveFrom - from < MINUTE) return estate
  const progress = createProgress(io, system.clock, {
    title: 'history',
    total: liveFrom - from,
    format: (seconds) => `${(seconds / DAY).toFixed(1)} days`,
  })
  const writing = new Set<Promise<void>>()
  for (const step of generateHistory(estate, { range: { from, to: liveFrom } })) {
    const write = ledger.write(step).finally(() => writing.delete(write))
    writing.add(write)
    // What is made while one insert runs goes into the next together: fewer and larger inserts cost a third less.
    if (writing.size >= 8) await Promise.race(writing)
    progress.update(Math.max(0, (step.traffic.at(-1)?.minute ?? from) - from))
  }
  await Promise.all(writing)
  progress.update(liveFrom - from)
  progress.stop()
  return estate
}

/** The instant that past faults hang on: the first start's, so that a later run goes on with the same past. */
async function anchorOf(ledger: Service['ledger'], liveFrom: UnixSeconds): Promise<UnixSeconds> {
  const kept = await ledger.checkpoint(ANCHOR)
  if (kept !== undefined) return unixSeconds(Number(kept))
  const checkpoints = [{ key: ANCHOR, value: String(liveFrom) }]
  await ledger.write({ writer: 'demo', revision: 1, traffic: [], checkpoints })
  return liveFrom
}
