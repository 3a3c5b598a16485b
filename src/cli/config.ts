import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { failed, ok, type Result } from '../base/index.ts'
import { type NotifyConfig, notifyFile } from './config-notify.ts'
import { type PoliciesConfig, policiesFile } from './config-policies.ts'
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
  readonly notify: NotifyConfig
  readonly policies: PoliciesConfig
  /** Days that the ledger keeps. */
  readonly retention: { readonly traffic: number; readonly exemplars: number; readonly journal: number }
  readonly evaluateEverySeconds: number
  readonly publicUrl: string | undefined
  /** Where traces can be seen; undefined: nowhere that we know of. */
  readonly traces: TraceViewer | undefined
  readonly log: { readonly level: string; readonly format: 'json' | 'pretty' | 'auto' }
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
  notify: notifyFile.prefault({}),
  policies: policiesFile.prefault({}),
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
    notify: data.notify,
    policies: data.policies,
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
