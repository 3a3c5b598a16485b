import { isoInstant, type UnixSeconds, unixSeconds } from '../../base/index.ts'
import { instantsIn, wallTime } from '../../slo/index.ts'

/** Hours of the week in a zone: outside of them what is not urgent waits. */
export interface Hours {
  readonly name: string
  /** IANA name. */
  readonly zone: string
  /** 1 is Monday, 7 is Sunday. */
  readonly days: ReadonlySet<number>
  /** Minutes since midnight, half-open: `from` is inside, `to` is not. */
  readonly from: number
  readonly to: number
  /** `YYYY-MM-DD`, in the zone: days on which nobody works. */
  readonly except: ReadonlySet<string>
}

const WEEK = 8
/** A long row of days off ends some time; beyond this the hours count as open, since silence is worse. */
const DAYS_LOOKED_AT = 60

/** The first instant at or after `now` that is inside; `now` itself when it is. */
export function openingOf(hours: Hours, now: UnixSeconds): UnixSeconds {
  const today = dayOf(hours.zone, now)
  const instantOf = instantsIn(hours.zone)
  for (let ahead = 0; ahead < Math.max(WEEK, DAYS_LOOKED_AT); ahead++) {
    const day = today + ahead * 86_400
    if (!hours.days.has(weekdayOf(day)) || hours.except.has(dateOf(day))) continue
    const opens = instantOf(day + hours.from * 60)
    const closes = instantOf(day + hours.to * 60)
    if (now < closes) return unixSeconds(Math.max(now, opens))
  }
  return now
}

/** Midnight of the zone's own day, as wall time. */
function dayOf(zone: string, now: UnixSeconds): number {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(now * 1000)
  return wallTime(`${parts} 00:00:00`)
}

/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: number): number => ((Math.floor(day / 86_400) + 3) % 7) + 1

const dateOf = (day: number): string => isoInstant(unixSeconds(day)).slice(0, 10)
