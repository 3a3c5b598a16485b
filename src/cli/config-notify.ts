import { z } from 'zod'
import { failed, ok, type Result } from '../base/index.ts'
import { compileRegex } from '../definitions/index.ts'
import { isZone } from '../slo/index.ts'
import { parseSelector } from '../traffic/index.ts'
import { readSecret } from './secret.ts'

/** The part of `nines.yaml` that says who is told: receivers, the routes that lead to them, hours, and the heartbeat. */

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** `30s`, `5m`, `4h`, `2d`, in seconds. */
export const lengthText = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhd]$/, 'must be a length such as 30s, 5m, 4h or 2d')
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? 1))
const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\w.@+-]+$/, 'must be letters, digits and _ . @ + -')
export const variable = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable, such as PAGERDUTY_ROUTING_KEY')
const locale = z.enum(['en', 'ja'])

const receiver = z
  .strictObject({
    name,
    fallback: name.optional().describe('Who is told when this receiver cannot be.'),
    repeat: lengthText
      .optional()
      .describe('An open incident that nobody acknowledged is told again after it.'),
    slack: z
      .strictObject({
        channel: z.string().min(1),
        locale: locale.optional(),
        mention: z
          .string()
          .optional()
          .describe('Who is called by the first message of a page: <!subteam^S…>.'),
      })
      .optional(),
    webhook: z.strictObject({ url: z.url(), secretFrom: variable.optional() }).optional(),
    alertmanager: z.strictObject({ url: z.url(), authorizationFrom: variable.optional() }).optional(),
    pagerduty: z
      .strictObject({
        keyFrom: variable.default('PAGERDUTY_ROUTING_KEY'),
        url: z.url().optional(),
        locale: locale.optional(),
      })
      .optional(),
    datadog: z
      .strictObject({
        keyFrom: variable.default('DD_API_KEY'),
        site: z.string().min(3).default('datadoghq.com').describe('datadoghq.eu, or a whole address.'),
        locale: locale.optional(),
      })
      .optional(),
    mail: z
      .strictObject({
        host: z.string().min(1),
        port: z.number().int().min(1).max(65_535).default(587),
        security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
        user: z.string().optional(),
        passwordFrom: variable.default('SMTP_PASSWORD'),
        from: z.string().min(3),
        to: z.array(z.string().min(3)).min(1).max(50),
        locale: locale.optional(),
      })
      .optional(),
  })
  .refine((one) => KINDS.filter((kind) => one[kind] !== undefined).length === 1, {
    error: 'must have exactly one of slack, webhook, alertmanager, pagerduty, datadog and mail',
  })
const KINDS = ['slack', 'webhook', 'alertmanager', 'pagerduty', 'datadog', 'mail'] as const

export const matcher = z.string().superRefine((text, context) => {
  const read = parseSelector(`{${text}}`, compileRegex)
  if (read.kind === 'failed')
    context.addIssue({ code: 'custom', message: `${read.error.message}; write one like severity="page"` })
})

export interface RouteConfig {
  readonly match: readonly string[]
  readonly receivers: readonly string[]
  readonly continue: boolean
  readonly hours?: string | undefined
  readonly routes: readonly RouteConfig[]
}
const route: z.ZodType<RouteConfig> = z.strictObject({
  match: z.array(matcher).default([]).describe('All must hold: severity="page", service=~"pay.*".'),
  receivers: z.array(name).default([]).describe('Empty: those of the route above.'),
  continue: z.boolean().default(false).describe('Whether the routes after it are asked too.'),
  hours: name.optional().describe('Told only inside these hours; what happens outside waits.'),
  get routes() {
    return z.array(route).default([])
  },
})

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time such as 09:00')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)))
const zone = z.string().refine(isZone, { error: 'must be an IANA zone such as Asia/Tokyo' })
const hours = z
  .strictObject({
    name,
    zone,
    days: z.array(z.enum(DAYS)).min(1).default(['mon', 'tue', 'wed', 'thu', 'fri']),
    from: clockTime,
    to: clockTime,
    except: z.array(z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day: 2027-01-01')).default([]),
  })
  .refine(({ from, to }) => from < to, { error: 'must begin before they end' })

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

export const notifyFile = z
  .strictObject({
    slack: z
      .strictObject({
        channel: z.string().describe('Channel id (C…) or, with the built-in emulator, a name.'),
        locale: locale.default('en'),
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
    receivers: z.array(receiver).default([]),
    routes: route.optional().describe('The root of the tree. Absent: everybody is told of everything.'),
    hours: z.array(hours).default([]),
    heartbeat: z
      .strictObject({
        url: z.url().describe('Asked every minute while evaluations run and people can be told.'),
        every: lengthText.default(60),
        reportFailure: z.boolean().default(false).describe('Also ask <url>/fail, with the reasons.'),
      })
      .optional(),
  })
  .superRefine((notify, context) => {
    for (const { path, message } of faultsOf(notify))
      context.addIssue({ code: 'custom', path: [...path], message })
  })

type NotifyFile = {
  readonly slack?: unknown
  readonly receivers: readonly { readonly name: string; readonly fallback?: string | undefined }[]
  readonly routes?: RouteConfig | undefined
  readonly hours: readonly { readonly name: string }[]
}

interface Fault {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Names that nobody has, and names that two have. */
function faultsOf(notify: NotifyFile): readonly Fault[] {
  const names = notify.receivers.map((one) => one.name)
  const known = new Set([...names, ...(notify.slack === undefined ? [] : ['slack'])])
  const knownHours = new Set(notify.hours.map((one) => one.name))
  const faults: Fault[] = []
  notify.receivers.forEach((one, i) => {
    if (names.indexOf(one.name) < i || (one.name === 'slack' && notify.slack !== undefined))
      faults.push({ path: ['receivers', i, 'name'], message: `there are two receivers ${one.name}` })
    if (one.fallback !== undefined && (!known.has(one.fallback) || one.fallback === one.name))
      faults.push({ path: ['receivers', i, 'fallback'], message: unknownReceiver(one.fallback, known) })
  })
  const walk = (node: RouteConfig, path: readonly (string | number)[]): void => {
    node.receivers.forEach((one, i) => {
      if (!known.has(one))
        faults.push({ path: [...path, 'receivers', i], message: unknownReceiver(one, known) })
    })
    if (node.hours !== undefined && !knownHours.has(node.hours))
      faults.push({ path: [...path, 'hours'], message: `no hours are called ${node.hours}` })
    node.routes.forEach((child, i) => {
      walk(child, [...path, 'routes', i])
    })
  }
  if (notify.routes !== undefined) {
    if (notify.routes.receivers.length === 0)
      faults.push({ path: ['routes'], message: 'the root must name the receivers of what no route matches' })
    if (notify.routes.match.length > 0)
      faults.push({
        path: ['routes', 'match'],
        message: 'the root matches everything: write this one below it',
      })
    walk(notify.routes, ['routes'])
  }
  return faults
}

const unknownReceiver = (one: string, known: ReadonlySet<string>): string =>
  `no other receiver is called ${one}; there ${known.size === 0 ? 'is none' : `are ${[...known].join(', ')}`}`

export type NotifyConfig = z.infer<typeof notifyFile>

/** A receiver with its secrets, ready to be opened. */
export type ReceiverWithSecrets = {
  readonly name: string
  readonly fallback: string | undefined
  /** Seconds. */
  readonly repeatEvery: number | undefined
} & (
  | {
      readonly kind: 'slack'
      readonly channel: string
      readonly locale?: 'en' | 'ja' | undefined
      readonly mention?: string | undefined
    }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string | undefined }
  | { readonly kind: 'alertmanager'; readonly url: string; readonly authorization: string | undefined }
  | {
      readonly kind: 'pagerduty'
      readonly routingKey: string
      readonly apiUrl: string | undefined
      readonly locale: 'en' | 'ja' | undefined
    }
  | {
      readonly kind: 'datadog'
      readonly apiKey: string
      readonly site: string
      readonly locale: 'en' | 'ja' | undefined
    }
  | {
      readonly kind: 'mail'
      readonly host: string
      readonly port: number
      readonly security: 'tls' | 'starttls' | 'none'
      readonly user: string | undefined
      readonly password: string | undefined
      readonly from: string
      readonly to: readonly string[]
      readonly locale: 'en' | 'ja' | undefined
    }
)

type Environment = Readonly<Record<string, string | undefined>>

/** Receivers with the secrets that the environment, or files it names, hold. The error says which one is missing. */
export function receiversOf(
  config: Pick<NotifyConfig, 'receivers'>,
  env: Environment,
): Result<readonly ReceiverWithSecrets[], string> {
  const opened: ReceiverWithSecrets[] = []
  for (const one of config.receivers) {
    const missing = missingSecret(one, env)
    if (missing !== undefined)
      return failed(
        `${missing} is not set, but receiver ${one.name} in nines.yaml needs it; set it, or ${missing}_FILE.`,
      )
    const receiver = withSecrets(one, env)
    if (receiver !== undefined) opened.push(receiver)
  }
  return ok(opened)
}

type Written = NotifyConfig['receivers'][number]

function missingSecret(one: Written, env: Environment): string | undefined {
  const named =
    one.webhook?.secretFrom ??
    one.alertmanager?.authorizationFrom ??
    one.pagerduty?.keyFrom ??
    one.datadog?.keyFrom
  const needed = one.mail?.user === undefined ? named : one.mail.passwordFrom
  return needed === undefined || readSecret(env, needed) !== undefined ? undefined : needed
}

function withSecrets(one: Written, env: Environment): ReceiverWithSecrets | undefined {
  const common = { name: one.name, fallback: one.fallback, repeatEvery: one.repeat }
  const secret = (from: string | undefined): string | undefined =>
    from === undefined ? undefined : readSecret(env, from)
  if (one.slack) return { ...common, kind: 'slack', ...one.slack }
  if (one.webhook) {
    const { url, secretFrom } = one.webhook
    return { ...common, kind: 'webhook', url, secret: secret(secretFrom) }
  }
  if (one.alertmanager) {
    const { url, authorizationFrom } = one.alertmanager
    return { ...common, kind: 'alertmanager', url, authorization: secret(authorizationFrom) }
  }
  if (one.pagerduty) {
    const { keyFrom, url, locale: language } = one.pagerduty
    const routingKey = secret(keyFrom) ?? ''
    return { ...common, kind: 'pagerduty', routingKey, apiUrl: url, locale: language }
  }
  if (one.datadog) {
    const { keyFrom, site, locale: language } = one.datadog
    return { ...common, kind: 'datadog', apiKey: secret(keyFrom) ?? '', site, locale: language }
  }
  if (one.mail) {
    const { passwordFrom, user, locale: language, ...rest } = one.mail
    const password = user === undefined ? undefined : secret(passwordFrom)
    return { ...common, kind: 'mail', ...rest, user, password, locale: language }
  }
  return undefined
}
