import type { Labels } from '../base/index.ts'
import type { Incident } from './model.ts'
import type { RegexTest, Silence, SilenceMatcher } from './silence.ts'

/** What silences look at of an incident: where it is, and what it is about. */
export function silenceLabels(
  incident: Pick<Incident, 'slo' | 'objective' | 'service' | 'severity' | 'kind' | 'scope'>,
): Labels {
  const { slo, objective, service, severity, kind, scope } = incident
  return { ...scope, slo, objective, service_name: service, severity, kind }
}

/** The id of the silence that covers these labels now; of several the one that lasts longest. */
export function coveringSilence(
  input: {
    readonly silences?: readonly Silence[]
    readonly regex?: RegexTest
    readonly now: number
  },
  labels: Labels,
): string | undefined {
  const { silences = [], regex, now } = input
  const covering = silences.filter(
    (silence) => silence.from <= now && now < silence.until && covers(silence, labels, regex),
  )
  return covering.toSorted((a, b) => b.until - a.until || (a.id < b.id ? -1 : 1))[0]?.id
}

/** Whether all its matchers match. A silence without matchers covers nothing. */
export function covers(silence: Pick<Silence, 'matchers'>, labels: Labels, regex?: RegexTest): boolean {
  return silence.matchers.length > 0 && silence.matchers.every((one) => matches(one, labels, regex))
}

function matches({ name, op, value }: SilenceMatcher, labels: Labels, regex: RegexTest | undefined): boolean {
  const label = labels[name] ?? ''
  switch (op) {
    case '=':
      return label === value
    case '!=':
      return label !== value
    case '=~':
      return regex?.(value, label) === true
    case '!~':
      return regex?.(value, label) === false
    default:
      return op satisfies never
  }
}

/** Matchers as people read them: `{service_name="checkout", cloud_provider!="gcp"}`. */
export const matcherWords = (matchers: readonly SilenceMatcher[]): string =>
  `{${matchers.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(', ')}}`
