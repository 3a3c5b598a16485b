import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { failed, ok, type Result } from '../base/index.ts'
import { type TraceViewer, traceViewerOf } from './traces.ts'

/** What `nines.yaml` says, with the environment and flags over it. Secrets are not in it: see `readSecret`. */
export interface Config {
  readonly listen: {
    readonly host: string
    readonly port: number
    readonly basePath: string
    readonly names: readonly string[]
  }
  /** Absolute. */
  readonly definitions: string
  readonly store:
    | { readonly kind: 'embedded'; readonly path: string }
    | {
        readonly kind: 'cluster'
        readonly url: string
        readonly database: string
        readonly username: string
        readonly cluster?: string
      }
  readonly auth: 'loopback' | 'none'
  readonly notify: { readonly slack: SlackConfig | undefined }
  /** Days that the ledger keeps. */
  readonly retention: { readonly traffic: number; readonly exemplars: number; readonly journal: number }
  readonly evaluateEverySeconds: number
  readonly publicUrl: string | undefined
  /** Where traces can be seen; undefined: nowhere that we know of. */
  readonly traces: TraceViewer | undefined
  readonly log: { readonly level: string; readonly format: 'json' | 'pretty' | 'auto' }
}

export interface SlackConfig {
  readonly channel: string
  readonly locale: 'en' | 'ja'
  readonly mention?: string | undefined
  /** Besides those of the environment. */
  readonly signingSecrets?: readonly string[]
  readonly appToken?: string | undefined
  /** Users and user groups that may change incidents; empty: every member but guests. */
  readonly responders?: readonly string[]
  /** Pictures of the budget and the burn rate in threads. */
  readonly pictures?: boolean
}

// The ledger's minutes end in 2106; so many days from now are before that.
const days = z.number().int().min(1).max(20_000)
const file = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address to listen on; loopback needs no login.'),
      port: z.number().int().min(0).max(65_535).default(8080),
      basePath: z
        .string()
        .regex(/^(\/[\w.-]+)*$/, 'must be empty or start with a slash, without one at its end')
        .default(''),
      names: z.array(z.string()).default([]).describe('Host names that a proxy in front asks for.'),
    })
    .prefault({}),
  definitions: z
    .string()
    .default('slo-definitions')
    .describe('Directory of OpenSLO documents, relative to this file.'),
  store: z
    .union([
      z.strictObject({ path: z.string().describe('Directory of the embedded ledger.') }),
      z.strictObject({
        url: z.url().describe('A ClickHouse server: http://clickhouse:8123'),
        database: z.string().default('nines'),
        username: z.string().default('default'),
        cluster: z.string().optional().describe('Name for ON CLUSTER; absent on a single server.'),
      }),
    ])
    .default({ path: 'data/ledger' }),
  auth: z.enum(['loopback', 'none']).default('loopback'),
  publicUrl: z.url().optional().describe('How people reach the page; links in messages start with it.'),
  notify: z
    .strictObject({
      slack: z
        .strictObject({
          channel: z.string().describe('Channel id (C…) or, with the built-in emulator, a name.'),
          locale: z.enum(['en', 'ja']).default('en'),
          mention: z
            .string()
            .regex(/^<(!subteam\^S[A-Z0-9]+|@[UW][A-Z0-9]+)>$/, 'must be <!subteam^S…> or <@U…>')
            .optional()
            .describe('Who is called by the first message of a page, and by nothing else.'),
          signingSecret: z
            .union([z.string().min(1), z.array(z.string().min(1)).max(2)])
            .optional()
            .describe('Of the app, better as SLACK_SIGNING_SECRET; two while they are rotated.'),
          appToken: z
            .string()
            .regex(/^xapp-/, 'must begin with xapp-')
            .optional()
            .describe('For Socket Mode, better as SLACK_APP_TOKEN.'),
          pictures: z.boolean().default(true).describe('Pictures of budget and burn rate in threads.'),
          responders: z
            .array(
              z.string().regex(/^[UWS][A-Z0-9]{4,}$/, 'must be the id of a user (U…) or a user group (S…)'),
            )
            .default([])
            .describe('Who may change incidents from Slack; empty: every member but guests.'),
        })
        .transform(
          ({ signingSecret, appToken, mention, ...rest }): SlackConfig => ({
            ...rest,
            mention,
            appToken,
            signingSecrets: [signingSecret ?? []].flat(),
          }),
        )
        .optional(),
    })
    .prefault({}),
  retention: z
    .strictObject({ traffic: days.default(400), exemplars: days.default(14), journal: days.default(1_100) })
    .prefault({}),
  evaluateEverySeconds: z.number().int().min(1).max(60).default(5),
  traces: z
    .strictObject({
      viewer: z.enum(['datadog', 'jaeger', 'tempo', 'x-ray', 'custom']),
      url: z.string().optional().describe('Where the viewer answers, or an address with {traceId} in it.'),
      datasource: z
        .string()
        .optional()
        .describe("Uid of Grafana's data source for Tempo; tempo when absent."),
    })
    .transform((written, context): TraceViewer => {
      const found = traceViewerOf(written)
      if (found.kind === 'ok') return found.value
      context.issues.push({ code: 'custom', message: found.error, input: written, path: ['url'] })
      return z.NEVER
    })
    .optional(),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
      format: z.enum(['json', 'pretty', 'auto']).default('auto'),
    })
    .prefault({}),
})

export interface ConfigSource {
  /** Path of `nines.yaml`; undefined: defaults only. */
  readonly file: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags: {
    readonly port?: number
    readonly host?: string
    readonly data?: string
    readonly definitions?: string
  }
  readonly cwd: string
}

/** Flags over environment over file over defaults. The error is ready to print: place, fault, remedy. */
export function loadConfig(source: ConfigSource): Result<Config, string> {
  const text = source.file === undefined ? '' : readFileSync(source.file, 'utf8')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const broken = document.errors[0]
  if (broken)
    return failed(
      `${source.file}:${broken.linePos?.[0].line ?? 1}:${broken.linePos?.[0].col ?? 1}: ${broken.message}`,
    )
  const parsed = file.safeParse(expand(document.toJS({ maxAliasCount: 0 }) ?? {}, source.env))
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => {
      const node: unknown = document.getIn(
        issue.path.filter((part) => typeof part !== 'symbol'),
        true,
      )
      const at = offsetOf(node)
      const { line, col } = at === undefined ? { line: 1, col: 1 } : lines.linePos(at)
      return `${source.file ?? 'configuration'}:${line}:${col}: ${issue.path.join('.') || 'the file'}: ${issue.message}`
    })
    return failed(faults.join('\n'))
  }
  return ok(toConfig(parsed.data, source))
}

function toConfig(data: z.infer<typeof file>, { file: path, env, flags, cwd }: ConfigSource): Config {
  const base = path === undefined ? cwd : dirname(resolve(cwd, path))
  const port = flags.port ?? (env['NINES_PORT'] === undefined ? data.listen.port : Number(env['NINES_PORT']))
  const data_ = flags.data ?? env['NINES_DATA']
  return {
    listen: { ...data.listen, host: flags.host ?? env['NINES_HOST'] ?? data.listen.host, port },
    definitions: resolve(base, flags.definitions ?? env['NINES_DEFINITIONS'] ?? data.definitions),
    store:
      data_ !== undefined || 'path' in data.store
        ? { kind: 'embedded', path: resolve(base, data_ ?? ('path' in data.store ? data.store.path : '')) }
        : { kind: 'cluster', ...withoutUndefined(data.store) },
    auth: env['NINES_AUTH'] === 'none' ? 'none' : data.auth,
    notify: { slack: data.notify.slack },
    retention: data.retention,
    evaluateEverySeconds: data.evaluateEverySeconds,
    publicUrl: data.publicUrl,
    traces: data.traces,
    log: data.log,
  }
}

/** `${env:NAME}` inside values, after parsing, so that a value can never become YAML. */
function expand(value: unknown, env: ConfigSource['env']): unknown {
  if (typeof value === 'string')
    return value.replaceAll(/\$\{env:(\w+)\}/g, (_, name: string) => env[name] ?? '')
  if (Array.isArray(value)) return value.map((item) => expand(item, env))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, env)]))
}

/** A secret by the field's own name, or from the file that `NAME_FILE` names. Undefined when neither is set. */
export function readSecret(env: ConfigSource['env'], name: string): string | undefined {
  const direct = env[name]
  if (direct !== undefined && direct !== '') return direct
  const path = env[`${name}_FILE`]
  return path === undefined || path === '' ? undefined : readFileSync(path, 'utf8').trim()
}

function offsetOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range))
    return undefined
  const first: unknown = node.range[0]
  return typeof first === 'number' ? first : undefined
}

function withoutUndefined<T extends object>(
  value: T & { cluster?: string | undefined },
): Omit<T, 'cluster'> & { cluster?: string } {
  const { cluster, ...rest } = value
  return cluster === undefined ? rest : { ...rest, cluster }
}
