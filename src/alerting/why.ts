import type { UnixSeconds } from '../base/index.ts'
import { conditionWords } from './conditions.ts'
import type { Reading } from './event.ts'
import type { Consequence } from './model.ts'
import type { Observation } from './observe.ts'
import type { TrackedIncident } from './state.ts'
import { lengthWords, listWords, rateWords, scopeWords, verdictWords } from './words.ts'

/** Why there is an incident: what its rules compared, and what burns because of it. */
export function whyWords(observation: Observation, service: string): string {
  const { reading, burning, met } = observation
  if (reading.kind === 'region') return regionWords(reading, service)
  const conditions = [...new Set(met.map(conditionWords))]
  const also = becauseWords(reading.consequences ?? [])
  if (burning.length === 0 && conditions.length > 0) return [...conditions, ...also].join(' ')
  const said = burning.slice(0, 2).map(verdictWords)
  const rules = said.length === 0 ? '' : ` (${said.join('; ')})`
  return [`Burning in ${scopeWords(reading.scope)}${rules}.`, ...conditions, ...also].join(' ')
}

/** `12 services burn in aws ap-northeast-1: cart, checkout, search and 9 more.` */
export function regionWords(reading: Reading, service: string): string {
  const burning = (reading.consequences ?? []).filter((each) => each.firing)
  const leads = reading.members.some((member) => member.firing) ? [service] : []
  const services = [...new Set([...leads, ...burning.map((each) => each.service)])].sort()
  const count = services.length === 1 ? '1 service burns' : `${services.length} services burn`
  return `${count} in ${scopeWords(reading.scope)}: ${listWords(services)}.`
}

function becauseWords(consequences: readonly Consequence[]): readonly string[] {
  const burning = consequences.filter((each) => each.firing).map((each) => each.slo)
  return burning.length === 0 ? [] : [`Because of it also ${listWords([...new Set(burning)].sort())}.`]
}

export function resolvedWords(open: TrackedIncident, reading: Reading, now: UnixSeconds): string {
  const { startedAt } = open.incident
  const lasted = lengthWords((reading.calmSince ?? now) - startedAt)
  if (reading.peakRate === 0) return `Resolved after ${lasted}.`
  const bad = reading.badEvents.toFixed(0)
  return `Resolved after ${lasted}: no rule fires for ${lengthWords(now - (reading.calmSince ?? now))}. It cost ${bad} bad events, at most ${rateWords(reading.peakRate)}.`
}
