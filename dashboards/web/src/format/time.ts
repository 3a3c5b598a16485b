import type { Language } from '../words/index.ts'

/** The wall clock that instants are written by: the reader's own, UTC or Japan's. */
export type Zone = 'local' | 'utc' | 'jst'

export const zones: readonly Zone[] = ['local', 'utc', 'jst']

const NAMES: Readonly<Record<Zone, string | undefined>> = { local: undefined, utc: 'UTC', jst: 'Asia/Tokyo' }

export function zoneName(zone: Zone): string {
  return NAMES[zone] ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

export type InstantStyle = 'minute' | 'second' | 'day' | 'day-minute' | 'month' | 'zone' | 'full'

const STYLES: Readonly<Record<Exclude<InstantStyle, 'minute'>, Intl.DateTimeFormatOptions>> = {
  second: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  day: { month: 'short', day: 'numeric' },
  month: { month: 'short' },
  zone: { timeZoneName: 'short' },
  'day-minute': { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  full: {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  },
}

/** An instant in Unix seconds on the wall clock of the zone. */
export function instant(
  at: number,
  style: InstantStyle,
  { language, zone }: { language: Language; zone: Zone },
): string {
  return style === 'minute' ? minute(at, zone) : formatter(language, zone, style).format(at * 1000)
}

/** Hour and minute read the same in every language we speak, and the clock of the page is the first thing drawn. */
function minute(at: number, zone: Zone): string {
  const date = new Date((zone === 'jst' ? at + 32_400 : at) * 1000)
  const [hour, minutes] =
    zone === 'local' ? [date.getHours(), date.getMinutes()] : [date.getUTCHours(), date.getUTCMinutes()]
  return `${String(hour).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
}

/** How the zone is written beside a clock: UTC, JST, or the local zone's short name. */
export function zoneLabel(zone: Zone, at: number, language: Language): string {
  if (zone === 'utc') return 'UTC'
  if (zone === 'jst') return 'JST'
  const parts = formatter(language, zone, 'zone').formatToParts(at * 1000)
  return parts.find((p) => p.type === 'timeZoneName')?.value ?? ''
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(language: Language, zone: Zone, style: keyof typeof STYLES): Intl.DateTimeFormat {
  const key = `${language} ${zone} ${style}`
  const kept =
    formatters.get(key) ??
    new Intl.DateTimeFormat(language, {
      ...STYLES[style],
      ...(zone === 'local' ? {} : { timeZone: NAMES[zone] ?? 'UTC' }),
    })
  formatters.set(key, kept)
  return kept
}

/** The wall clock as `<input type="datetime-local">` wants it. */
export function toInput(at: number, zone: Zone): string {
  const parts = new Intl.DateTimeFormat('en', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(zone === 'local' ? {} : { timeZone: NAMES[zone] ?? 'UTC' }),
  }).formatToParts(at * 1000)
  const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? '00'
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`
}

/** The instant that the wall clock of the zone shows as `text`; undefined when it is not a time. */
export function fromInput(text: string, zone: Zone): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return undefined
  if (zone === 'local') return Math.floor(new Date(text).getTime() / 1000)
  const offset = zone === 'jst' ? '+09:00' : 'Z'
  return Math.floor(new Date(`${text}:00${offset}`).getTime() / 1000)
}

/** What the zone's clock is ahead of UTC at an instant, in seconds, to the whole hour. */
export function offsetOf(zone: Zone, at: number): number {
  if (zone === 'utc') return 0
  if (zone === 'jst') return 32_400
  return Math.round(-new Date(at * 1000).getTimezoneOffset() / 60) * 3600
}

/** The month and year of an instant, in the reader's language. */
export function monthName(at: number, { language, zone }: { language: Language; zone: Zone }): string {
  const style = { year: 'numeric', month: 'long', timeZone: zoneName(zone) } as const
  return new Intl.DateTimeFormat(language, style).format(at * 1000)
}
