import { incidentsOf } from '../alerting/index.ts'
import { type Labels, type UnixSeconds, unixSeconds, type World } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import {
  type AlertFeed,
  createOutbox,
  createRouting,
  createTracker,
  type IllustratorOptions,
  type IncidentBrief,
  isFailing,
  match,
  type Outbox,
  type PlainAlert,
  routeLabels,
} from '../notify/index.ts'
import type { Journal } from '../store/index.ts'
import { type BriefSources, briefOf, outlineOf } from './briefs.ts'
import { type BudgetPolicy } from './budget-policy.ts'
import { type BudgetParts, type Budgets, createBudgets } from './budgets.ts'
import { beat } from './heartbeat.ts'
import type { Loop } from './loop.ts'
import { createNotices, type Notices } from './notices.ts'
import type { HeartbeatOptions, PolicyOptions, ServiceOptions } from './options.ts'
import { compileMatchers, openReceivers, type Receivers } from './receivers.ts'
import { routesOf, testOf } from './route-answers.ts'
import { createWatch, type Watch } from './watch.ts'

/** Everything that leaves the house: messages, letters, alerts, the heartbeat. */
export interface Outward extends AsyncDisposable {
  readonly outbox: Outbox
  /** Whom the tree leads to; undefined: there is no tree, and everybody is told of everything. */
  readonly routes: () => wire.Routes
  readonly testRoutes: (labels: Labels) => wire.RouteTest
  readonly feeds: readonly AlertFeed[]
  readonly receivers: Receivers
  readonly notices: Notices
  readonly watch: Watch
  readonly budgets: Budgets
  /** Decisions whose events are in the journal already. */
  readonly tell: Outbox['tell']
  readonly recall: () => Promise<void>
  /** Looks whether Nines itself works, and tells what does not. After every tick, failed ones too. */
  readonly look: (sources: readonly wire.Source[], now: UnixSeconds) => Promise<void>
  /** Reads the journal and begins to tell. */
  readonly start: () => Promise<void>
  /** Feeds and the heartbeat, until the signal. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

export interface OutwardParts {
  readonly options: ServiceOptions
  readonly briefs: BriefSources
  /** The curves that pictures in Slack draw; undefined for what no SLO is behind. */
  readonly series: IllustratorOptions['series']
  /** The loop is made with what is told here; it is asked only once that runs. */
  readonly loop: () => Loop
}

/** Alertmanager hears of an end for a quarter of an hour. */
const ENDED_FOR = 15 * 60

export function createOutward(world: World, parts: OutwardParts): Outward {
  const { options, briefs } = parts
  const shown = briefs.shown
  const tickIsFresh = (): boolean => {
    const last = shown()?.now
    return last !== undefined && world.clock.now() - last <= 2 * options.evaluateEverySeconds + 30
  }
  const receivers: Receivers = openReceivers(world, {
    slack: options.slack,
    series: parts.series,
    notify: options.notify,
    pageUrl: briefs.pageBase,
    briefsFor: (receiver) => recentBriefs(briefs, receivers, receiver),
    standing: () => [...(tickIsFresh() ? [watchdog(startedAt, briefs.pageBase())] : []), ...watch.alerts()],
  })
  const startedAt = world.clock.now()
  const { tree, feeds } = receivers
  const journal: Journal = {
    read: (after, wanted) => parts.loop().journal.read(after, wanted),
    append: (entries) => parts.loop().journal.append(entries),
  }
  const failing = (name: string): boolean =>
    outbox.status().destinations.some((one) => one.name === name && isFailing(one))
  const outbox: Outbox = createOutbox(world, {
    journal,
    destinations: receivers.destinations,
    letters: receivers.letters,
    ...(tree === undefined ? {} : { routing: createRouting(tree, { failing, now: world.clock.now }) }),
    brief: (id) => briefOf(briefs, id),
  })
  const notices = createNotices(world, { journal, tell: outbox.notice })
  const budgets = openBudgets(world, { options, journal, notices, pageUrl: briefs.pageBase })
  const watch = createWatch(notices, briefs.pageBase)
  const faults = (): readonly string[] => [
    ...(tickIsFresh() ? [] : ['evaluations have stopped']),
    ...watch.faults().flatMap(({ severity, title }) => (severity === 'page' ? [title] : [])),
  ]
  const watched = (sources: readonly wire.Source[]) => ({
    sources,
    outbox: outbox.status(),
    feeds: feeds.map((feed) => ({ name: feed.name, problem: feed.status().problem })),
  })
  return {
    outbox,
    routes: () => routesOf(receivers, options.notify),
    testRoutes: (labels) => testOf(receivers, labels, world.clock.now()),
    feeds,
    receivers,
    notices,
    watch,
    budgets,
    tell: (decisions) => {
      outbox.tell(decisions)
      if (decisions.some(({ reason }) => reason !== 'nothing' && reason !== 'repeat'))
        for (const feed of feeds) feed.wake()
    },
    recall: async () => {
      await notices.recall()
      await budgets.recall()
    },
    look: async (sources, now) => {
      await notices.tell(watch.look(watched(sources), now))
      await budgets.look(shown()?.summaries ?? [])
    },
    start: outbox.start,
    run: (signal) => runFeeds(world, { feeds, heartbeat: options.notify?.heartbeat, faults, signal }),
    [Symbol.asyncDispose]: () => outbox[Symbol.asyncDispose](),
  }
}

/** Incidents that are open or have just ended, as routes lead them to a receiver. */
function recentBriefs(briefs: BriefSources, { tree }: Receivers, receiver: string): readonly IncidentBrief[] {
  const shown = briefs.shown()
  if (shown === undefined) return []
  const since = unixSeconds(shown.now - ENDED_FOR)
  return incidentsOf(shown.alerting)
    .filter(({ state, resolvedAt }) => state === 'open' || (resolvedAt !== undefined && resolvedAt >= since))
    .map((incident) => outlineOf(briefs, shown, incident))
    .filter((brief) => {
      if (tree === undefined) return true
      const found = match(tree, { labels: routeLabels(brief), targets: brief.targets ?? [] })
      return found.some((one) => one.receiver === receiver)
    })
}

async function runFeeds(
  world: World,
  {
    feeds,
    heartbeat,
    faults,
    signal,
  }: {
    readonly feeds: readonly AlertFeed[]
    readonly heartbeat: HeartbeatOptions | undefined
    readonly faults: () => readonly string[]
    readonly signal: AbortSignal
  },
): Promise<void> {
  await Promise.allSettled([
    ...feeds.map((feed) => feed.run(signal)),
    ...(heartbeat === undefined ? [] : [beat(world, heartbeat, { faults, signal })]),
  ])
}

function openBudgets(
  world: World,
  {
    options,
    ...parts
  }: { readonly options: ServiceOptions } & Pick<BudgetParts, 'journal' | 'notices' | 'pageUrl'>,
): Budgets {
  const { policies } = options
  return createBudgets(world, {
    ...parts,
    policies: policiesOf(policies),
    tracker: policies?.tracker && createTracker(world, policies.tracker),
  })
}

function policiesOf(options: PolicyOptions | undefined): readonly BudgetPolicy[] {
  return (options?.budgets ?? []).map(({ name, match: matchers, steps }) => ({
    name,
    matches: compileMatchers(matchers, `policies.budgets ${name}`).matches,
    steps: steps
      .map((step) => ({ ...step, gate: step.gate === 'closed' }))
      .toSorted((a, b) => a.spent - b.spent),
  }))
}

/** Fires for as long as evaluations run: what should be noticed is that it stops. */
const watchdog = (startsAt: UnixSeconds, generatorURL: string): PlainAlert => ({
  labels: { alertname: 'NinesWatchdog', service: 'nines', severity: 'none' },
  annotations: { summary: 'Nines evaluates. When this alert ends, it does not any more.' },
  startsAt,
  endsAt: undefined,
  generatorURL,
})
