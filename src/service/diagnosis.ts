import { statfs } from 'node:fs/promises'
import { lengthWords } from '../alerting/index.ts'
import type { Clock, UnixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { Problem } from '../definitions/index.ts'
import type { OutboxStatus } from '../notify/index.ts'
import type { Ledger, SourceInventory } from '../store/index.ts'
import type { Shown } from './loop.ts'
import type { ServiceOptions } from './options.ts'
import { diagnoseSource } from './source-walk.ts'
import type { SourceStatus } from './sources.ts'

/** What a diagnosis is made from. */
export interface DiagnosisParts {
  /** As the machine says it, beside the one that the service goes by. */
  readonly wall: Clock
  readonly clock: Clock
  readonly options: Pick<
    ServiceOptions,
    'version' | 'store' | 'demo' | 'slack' | 'evaluateEverySeconds' | 'definitions'
  >
  readonly ledger: Pick<Ledger, 'inventory'>
  readonly problems: () => readonly Problem[]
  readonly shown: () => Shown | undefined
  readonly statuses: () => readonly SourceStatus[]
  readonly outbox: () => OutboxStatus
  readonly startedAt: UnixSeconds
  /** Sources of one SLI, held against each other over the last hours. */
  readonly reconcile: () => Promise<wire.Reconciliation>
}

/** Below this much the ledger may fail to write or to merge. */
const FREE_BYTES = 1 << 30
const FREE_SHARE = 0.05
const CLOCK_OFF = 5

/** Everything that can be wrong with an installation, with what to do. Never rejects: what fails is a finding. */
export async function diagnose(parts: DiagnosisParts): Promise<wire.Diagnosis> {
  const { options, clock } = parts
  const now = clock.now()
  const inventory = await inventoryOf(parts.ledger)
  const checks = [
    good('version', `Nines ${options.version}, up for ${lengthWords(now - parts.startedAt)}.`),
    definitionsCheck(parts),
    storeCheck(options.store, inventory),
    await diskCheck(options.store),
    clockCheck(parts),
    evaluationCheck(parts, now),
    slackCheck(parts),
    await agreementCheck(parts),
  ]
  const held = new Map(inventory.kind === 'ok' ? inventory.sources.map((each) => [each.source, each]) : [])
  const sources = parts.statuses().map((status) =>
    diagnoseSource({
      status,
      held: held.get(status.source.name),
      slos: slosOf(parts.shown(), status.source.name),
      now,
    }),
  )
  return { now, version: options.version, finding: worst([...checks, ...sources]), checks, sources }
}

/** What cannot be told from here is no fault; nothing is well when the ledger or the promises cannot be told of. */
function worst(found: readonly { readonly finding: wire.Finding; readonly name: string }[]): wire.Finding {
  if (found.some(({ finding }) => finding === 'wrong')) return 'wrong'
  const needed = found.filter(({ name }) => name === 'store' || name === 'evaluation')
  return needed.some(({ finding }) => finding === 'unknown') ? 'unknown' : 'well'
}

const good = (name: string, text: string): wire.Check => ({ name, finding: 'well', text, remedy: '' })
const bad = (name: string, text: string, remedy: string): wire.Check => ({
  name,
  finding: 'wrong',
  text,
  remedy,
})

/** Whether sources that count the same say the same. */
async function agreementCheck({ reconcile }: DiagnosisParts): Promise<wire.Check> {
  const name = 'agreement'
  try {
    const { services } = await reconcile()
    const apart = services.filter(({ agrees }) => !agrees)
    const [first] = apart.flatMap(({ service, indicator, comparisons }) =>
      comparisons.filter(({ reason }) => reason !== 'none').map((each) => ({ service, indicator, ...each })),
    )
    if (first)
      return bad(
        name,
        `Sources disagree about ${apart.length} of ${services.length} SLIs that several count; the first: ${first.service}, ${first.indicator}: ${first.text}.`,
        `${first.remedy} nines reconcile shows all.`,
      )
    return good(
      name,
      services.length === 0
        ? 'No SLI is counted by several sources.'
        : `Sources agree about ${services.length} SLIs that several count.`,
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { name, finding: 'unknown', text: `Sources cannot be compared: ${why}.`, remedy: '' }
  }
}

type Inventory =
  | { readonly kind: 'ok'; readonly sources: readonly SourceInventory[] }
  | { readonly kind: 'failed'; readonly text: string }

async function inventoryOf(ledger: Pick<Ledger, 'inventory'>): Promise<Inventory> {
  try {
    return { kind: 'ok', sources: await ledger.inventory() }
  } catch (error) {
    return { kind: 'failed', text: error instanceof Error ? error.message : String(error) }
  }
}

function slosOf(shown: Shown | undefined, source: string): readonly wire.SloSummary[] {
  const ids = new Set(
    shown?.definitions.slos.filter(({ slo }) => slo.sources.includes(source)).map(({ slo }) => slo.id),
  )
  return shown?.summaries.filter(({ slo }) => ids.has(slo)) ?? []
}

function definitionsCheck({ problems, shown, options }: DiagnosisParts): wire.Check {
  const name = 'definitions'
  const errors = problems().filter(({ severity }) => severity === 'error')
  const slos = shown()?.definitions.slos.length ?? 0
  const [first] = errors
  if (first)
    return bad(
      name,
      `${errors.length} cannot be used; the first: ${first.file}:${first.line}:${first.column}: ${first.message}.`,
      first.remedy,
    )
  if (slos === 0)
    return bad(name, `No SLO is defined in ${options.definitions.dir}.`, 'Write an OpenSLO document there.')
  const warnings = problems().length
  return good(name, `${slos} SLOs${warnings === 0 ? '' : `, ${warnings} warnings`}.`)
}

const placeOf = (store: ServiceOptions['store']): string =>
  store.kind === 'embedded' ? store.path : `${store.url}, database ${store.database}`

function storeCheck(store: ServiceOptions['store'], inventory: Inventory): wire.Check {
  if (inventory.kind === 'failed')
    return bad('store', inventory.text, `See that ${placeOf(store)} can be reached and read.`)
  const series = inventory.sources.reduce((n, each) => n + each.series, 0)
  const sources = inventory.sources.length
  return good(
    'store',
    `The ledger in ${placeOf(store)} answers: ${series.toLocaleString('en-US')} series of ${sources} ${sources === 1 ? 'source' : 'sources'}.`,
  )
}

async function diskCheck(store: ServiceOptions['store']): Promise<wire.Check> {
  if (store.kind === 'cluster')
    return {
      name: 'disk',
      finding: 'unknown',
      text: `The disks of ${store.url} cannot be seen from here.`,
      remedy: '',
    }
  return diskOf(store.path)
}

/** How much room a directory's disk has. */
async function diskOf(path: string): Promise<wire.Check> {
  try {
    const { bavail, blocks, bsize } = await statfs(path)
    const free = bavail * bsize
    const share = blocks === 0 ? 1 : bavail / blocks
    const text = `${gigabytes(free)} free (${Math.floor(share * 100)} %) where ${path} is.`
    if (free >= FREE_BYTES && share >= FREE_SHARE) return good('disk', text)
    return bad(
      'disk',
      text,
      'Make room, or lower retention.traffic in nines.yaml: ClickHouse needs room to merge.',
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return {
      name: 'disk',
      finding: 'unknown',
      text: `The disk of ${path} cannot be seen: ${why}.`,
      remedy: '',
    }
  }
}

const gigabytes = (bytes: number): string => `${(Math.floor(bytes / 1e8) / 10).toFixed(1)} GB`

/** A clock that jumped is believed only after a while; until then the service goes on by the one that never jumps. */
function clockCheck({ wall, clock }: DiagnosisParts): wire.Check {
  const off = Math.round((wall.nowMs() - clock.nowMs()) / 1_000)
  if (Math.abs(off) < CLOCK_OFF) return good('clock', 'It has not jumped.')
  return bad(
    'clock',
    `The clock of this machine jumped by ${lengthWords(Math.abs(off))} ${off > 0 ? 'forward' : 'back'}; the service goes on by the time before.`,
    'Let NTP keep the clock. When the new time is right, the service follows within a minute.',
  )
}

function evaluationCheck({ shown, options }: DiagnosisParts, now: number): wire.Check {
  const last = shown()
  if (last === undefined)
    return {
      name: 'evaluation',
      finding: 'unknown',
      text: 'The ledger is still being read.',
      remedy: 'Ask again in a minute.',
    }
  const age = now - last.now
  const text = `The last evaluation is ${lengthWords(age)} old.`
  return age <= 2 * options.evaluateEverySeconds + 30
    ? good('evaluation', text)
    : bad('evaluation', text, 'The service log has the reason; the machine may be too busy.')
}

function slackCheck({ options, outbox }: DiagnosisParts): wire.Check {
  const name = 'slack'
  const failing = outbox().destinations.find(({ problem }) => problem !== undefined)
  if (failing?.problem)
    return bad(name, `${failing.name}: ${failing.problem.reason}.`, failing.problem.remedy)
  const { slack, demo } = options
  if (slack?.kind === 'workspace') return good(name, `A token is set; incidents go to ${slack.channel}.`)
  if (demo) return good(name, 'The demo tells a Slack of its own, at /dev/slack.')
  return bad(
    name,
    'No SLACK_BOT_TOKEN is set: nobody is told of incidents.',
    'Set SLACK_BOT_TOKEN (or SLACK_BOT_TOKEN_FILE), and notify.slack.channel in nines.yaml.',
  )
}
