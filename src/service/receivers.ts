import type { World } from '../base/index.ts'
import { compileRegex } from '../definitions/index.ts'
import {
  type AlertFeed,
  createAlertFeed,
  createDatadogEvents,
  createMailDestination,
  createPagerDutyDestination,
  createSlackDestination,
  createWebhookDestination,
  type Destination,
  type Hours,
  type IllustratorOptions,
  type IncidentBrief,
  type LetterDestination,
  type PlainAlert,
  type Route,
  type RouteTree,
} from '../notify/index.ts'
import { parseSelector, type Selector } from '../traffic/index.ts'
import type { HoursOptions, NotifyOptions, ReceiverOptions, RouteOptions, SlackOptions } from './options.ts'

/** Everybody that can be told, and the tree that leads to them. */
export interface Receivers {
  readonly destinations: readonly Destination[]
  readonly letters: readonly LetterDestination[]
  readonly feeds: readonly AlertFeed[]
  /** Undefined: everybody is told of everything. */
  readonly tree: RouteTree | undefined
}

export interface ReceiverParts {
  readonly slack: SlackOptions | undefined
  readonly series: IllustratorOptions['series']
  readonly notify: NotifyOptions | undefined
  readonly pageUrl: () => string
  /** What a feed of alerts says of incidents. */
  readonly briefsFor: (receiver: string) => readonly IncidentBrief[]
  readonly standing: () => readonly PlainAlert[]
}

/** The one channel that `notify.slack` names, by which routes call it. */
export const SLACK_RECEIVER = 'slack'

export function openReceivers(world: World, parts: ReceiverParts): Receivers {
  const { slack, notify } = parts
  const opened = (notify?.receivers ?? []).map((receiver) => open(world, receiver, parts))
  const names = new Map(opened.map(({ name }) => [name, name]))
  const single =
    slack === undefined || slack.channel === ''
      ? undefined
      : slackDestination(world, { slack, series: parts.series })
  if (single) names.set(SLACK_RECEIVER, single.name)
  return {
    destinations: [single, ...opened.map(({ destination }) => destination)].filter(
      (one) => one !== undefined,
    ),
    letters: opened.flatMap(({ letters }) => letters ?? []),
    feeds: opened.flatMap(({ feed }) => feed ?? []),
    tree: notify === undefined || names.size === 0 ? undefined : treeOf(notify, names),
  }
}

interface Opened {
  readonly name: string
  readonly destination?: Destination
  readonly letters?: LetterDestination
  readonly feed?: AlertFeed
}

function open(world: World, receiver: ReceiverOptions, parts: ReceiverParts): Opened {
  const { name } = receiver
  switch (receiver.kind) {
    case 'slack': {
      if (parts.slack === undefined) return { name }
      const { channel, locale, mention } = receiver
      const { slack, series } = parts
      return {
        name,
        destination: slackDestination(world, { slack, series }, { name, channel, locale, mention }),
      }
    }
    case 'webhook': {
      const { url, secret, repeatEvery } = receiver
      const { pageUrl } = parts
      return {
        name,
        letters: createWebhookDestination(world, {
          name,
          url,
          pageUrl,
          repeatEvery,
          ...(secret === undefined ? {} : { secret }),
        }),
      }
    }
    case 'pagerduty':
      return { name, letters: createPagerDutyDestination(world, receiver) }
    case 'datadog':
      return { name, letters: createDatadogEvents(world, receiver) }
    case 'mail':
      return { name, letters: createMailDestination(receiver) }
    case 'alertmanager': {
      const { url, authorization } = receiver
      const briefs = (): readonly IncidentBrief[] => parts.briefsFor(name)
      return {
        name,
        feed: createAlertFeed(world, { name, url, authorization, briefs, standing: parts.standing }),
      }
    }
    default:
      return receiver satisfies never
  }
}

function slackDestination(
  world: World,
  { slack, series }: { readonly slack: SlackOptions; readonly series: IllustratorOptions['series'] },
  receiver?: {
    readonly name: string
    readonly channel: string
    readonly locale?: string | undefined
    readonly mention?: string | undefined
  },
): Destination {
  const mention = receiver === undefined ? slack.mention : receiver.mention
  return createSlackDestination(slack.fetch ? { ...world, fetch: slack.fetch } : world, {
    token: slack.token,
    channel: receiver?.channel ?? slack.channel,
    ...(receiver === undefined ? {} : { name: receiver.name }),
    ...(receiver?.locale === undefined ? {} : { locale: receiver.locale }),
    buttons: slack.desk !== undefined,
    ...(slack.pictures === undefined ? {} : { pictures: { ...slack.pictures, series } }),
    ...(mention === undefined ? {} : { mention }),
    ...(slack.apiUrl === undefined ? {} : { apiUrl: slack.apiUrl }),
  })
}

const DAYS: readonly HoursOptions['days'][number][] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** Routes with their matchers compiled. Without routes there is one, which leads to everybody. */
export function treeOf(notify: NotifyOptions, destinations: ReadonlyMap<string, string>): RouteTree {
  const hours = new Map(notify.hours.map((one) => [one.name, hoursOf(one)]))
  const everybody: RouteOptions = {
    match: [],
    receivers: [...destinations.keys()],
    continue: false,
    routes: [],
  }
  const fallbacks = notify.receivers.flatMap(({ name, fallback }) =>
    fallback === undefined ? [] : [[name, fallback] as const],
  )
  return {
    root: compile(notify.routes ?? everybody, { path: 'routes', hours }),
    destinations,
    fallbacks: new Map(fallbacks),
  }
}

/** The configuration was checked when it was read, so a matcher that cannot be read is a bug. */
export function compileMatchers(matchers: readonly string[], place: string): Selector {
  const selector = parseSelector(`{${matchers.join(', ')}}`, compileRegex)
  if (selector.kind === 'failed') throw new Error(`${place}: ${selector.error.message}`)
  return selector.value
}

function compile(
  route: RouteOptions,
  { path, hours }: { readonly path: string; readonly hours: ReadonlyMap<string, Hours> },
): Route {
  const selector = compileMatchers(route.match, path)
  return {
    path,
    text: selector.text,
    matches: selector.matches,
    receivers: route.receivers,
    continues: route.continue,
    hours: route.hours === undefined ? undefined : hours.get(route.hours),
    routes: route.routes.map((child, i) => compile(child, { path: `${path}.${i + 1}`, hours })),
  }
}

const hoursOf = ({ name, zone, days, from, to, except }: HoursOptions): Hours => ({
  name,
  zone,
  days: new Set(days.map((day) => DAYS.indexOf(day) + 1)),
  from,
  to,
  except: new Set(except),
})
