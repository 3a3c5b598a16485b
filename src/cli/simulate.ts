import { isoMinute, startOfDate, unixSeconds, type World } from '../base/index.ts'
import { type Simulation, simulation, type WhatIf } from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'
import { percent } from './numbers.ts'
import { type Column, renderTable } from './table.ts'

export interface SimulateOptions {
  readonly url: string
  /** How long before now the replay begins: `7d`. */
  readonly last: string
  readonly target?: string
  /** `aws@2026-11-28T10:00Z/60m`. */
  readonly gone: readonly string[]
  readonly drop: readonly string[]
  /** `sms-gateway=99.9`. */
  readonly add: readonly string[]
  /** `checkout-availability aws=99.9`. */
  readonly standby: readonly string[]
  /** `aws=70`. */
  readonly route: readonly string[]
  readonly output: 'table' | 'json'
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** `nines simulate`: the recorded past, with something changed in it. */
export async function simulateCommand(
  io: Io,
  world: Pick<World, 'fetch' | 'clock'>,
  { journey, ...options }: SimulateOptions & { readonly journey: string },
): Promise<number> {
  const asked = readWhatIf(options)
  const length = lengthOf(options.last)
  if (typeof asked === 'string' || length === undefined) {
    io.stderr(`${typeof asked === 'string' ? asked : `--last ${options.last} is not a length such as 7d`}\n`)
    return EXIT.invalid
  }
  const to = world.clock.now()
  const found = await ask(world, options.url, {
    path: `/journeys/${encodeURIComponent(journey)}/simulate`,
    answer: simulation,
    body: { ...asked, from: to - length, to },
    timeoutMs: TIMEOUT_MS,
  })
  if (found.kind === 'failed') {
    io.stderr(`${found.error}\n`)
    return EXIT.failed
  }
  io.stdout(
    options.output === 'json'
      ? `${JSON.stringify(found.value, undefined, 2)}\n`
      : renderSimulation(found.value),
  )
  return EXIT.ok
}

/** A replay of months reads months. */
const TIMEOUT_MS = 120_000

function lengthOf(text: string): number | undefined {
  const [, number, unit] = /^([1-9]\d{0,4})([mhdw])$/.exec(text) ?? []
  return number === undefined ? undefined : Number(number) * (UNITS[unit ?? ''] ?? 0)
}

/** What is asked, or what is wrong with how it was asked. */
export function readWhatIf(options: Omit<SimulateOptions, 'url' | 'output' | 'last'>): WhatIf | string {
  const gone: NonNullable<WhatIf['gone']> = []
  for (const text of options.gone) {
    const [, cloud = '', instant = '', length = ''] = /^([^@]+)@([^/]+)\/(.+)$/.exec(text) ?? []
    const from = Math.floor(instantOf(instant))
    const lasts = lengthOf(length)
    if (!Number.isFinite(from) || lasts === undefined)
      return `--gone ${text} is not a cloud, an instant and a length, such as aws@2026-11-28T10:00Z/60m`
    gone.push({ cloud, from, to: from + lasts })
  }
  const add = pairsOf(options.add)
  if (typeof add === 'string') return `--add ${add} is not a name and a share, such as sms-gateway=99.9`
  const standby = pairsOf(options.standby)
  if (typeof standby === 'string')
    return `--standby ${standby} is not a part and a share, such as payments-availability=99.9`
  const route = pairsOf(options.route)
  if (typeof route === 'string') return `--route ${route} is not a cloud and its share, such as aws=70`
  return {
    ...(options.target === undefined ? {} : { target: options.target }),
    gone,
    drop: [...options.drop],
    add: add.map(([name, share]) => ({ name, percent: share })),
    standby: standby.map(([leaf, share]) => ({ leaf, percent: share })),
    ...(route.length === 0
      ? {}
      : { routing: Object.fromEntries(route.map(([cloud, share]) => [cloud, Number(share)])) }),
  }
}

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?Z$/

/** Seconds of an instant in UTC; not a number when it is none. */
function instantOf(text: string): number {
  const parts = INSTANT.exec(text)
  if (!parts) return Number.NaN
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0))
  return startOfDate({ year, month, day }) + hour * 3_600 + minute * 60 + second
}

/** What stands before the last `=` and the number behind it; the first text that is not so. */
function pairsOf(texts: readonly string[]): readonly (readonly [string, string])[] | string {
  const pairs: (readonly [string, string])[] = []
  for (const text of texts) {
    const at = text.lastIndexOf('=')
    const number = text.slice(at + 1)
    if (at < 1 || !/^\d+(\.\d+)?$/.test(number)) return text
    pairs.push([text.slice(0, at), number])
  }
  return pairs
}

const COLUMNS: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'TARGET', align: 'right' },
  { title: 'SLI', align: 'right' },
  { title: 'BAD MINUTES', align: 'right' },
  { title: 'ALLOWED', align: 'right' },
  { title: 'BUDGET LEFT', align: 'right' },
  { title: 'ALERTS', align: 'right' },
]
const BARS = '▁▂▃▄▅▆▇█'
const WIDTH = 60

/** Before and after, drawn and in numbers, and the alerts that would have fired. */
export function renderSimulation(found: Simulation): string {
  const row = (name: string, side: Simulation['before']): string[] => [
    name,
    `${side.target} %`,
    percent(side.sli, 4),
    side.badMinutes.toFixed(2),
    side.allowedMinutes.toFixed(2),
    percent(side.leftRatio, 1),
    String(side.alerts.length),
  ]
  const table = renderTable(COLUMNS, [row('before', found.before), row('after', found.after)], (cell) => cell)
  const alerts = found.after.alerts.map(
    ({ rule, severity, from, to }) =>
      `  ${severity} ${rule}: ${isoMinute(unixSeconds(from))} to ${to === null ? 'the end' : isoMinute(unixSeconds(to))}`,
  )
  return [
    found.sentence,
    `${isoMinute(unixSeconds(found.range.from))} to ${isoMinute(unixSeconds(found.range.to))}`,
    '',
    table,
    'Budget left, before and after:',
    `  ${drawn(found.before.left)}`,
    `  ${drawn(found.after.left)}`,
    ...(alerts.length === 0 ? ['No alert would have fired.'] : ['Alerts that would have fired:', ...alerts]),
    '',
  ].join('\n')
}

/** A bar a stretch, as high as its least; a dot where nothing is known, a cross where nothing is left. */
function drawn(left: readonly (number | null)[]): string {
  const width = Math.max(1, Math.ceil(left.length / WIDTH))
  let line = ''
  for (let i = 0; i < left.length; i += width) {
    const known = left.slice(i, i + width).filter((share) => share !== null)
    const least = Math.min(...known)
    if (known.length === 0) line += '·'
    else if (least <= 0) line += '×'
    else line += BARS[Math.min(BARS.length - 1, Math.floor(least * BARS.length))] ?? '·'
  }
  return line
}
