/** One line of a datagram. */
export type Line =
  | { readonly kind: 'metric'; readonly metric: StatsdMetric }
  /** An event, a service check, or nothing: it counts no requests. */
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed'; readonly why: string }

export interface StatsdMetric {
  readonly name: string
  /** `timer`: its unit is milliseconds. `distribution`: `h` and `d`, whose unit nobody says. `state`: gauges and sets. */
  readonly kind: 'counter' | 'timer' | 'distribution' | 'state'
  /** Several when they were packed into one line. */
  readonly values: readonly number[]
  /** Of how many the sender told one: 0.1 is one of ten. In (0, 1]. */
  readonly rate: number
  readonly tags: ReadonlyMap<string, string>
  /** Seconds since 1970, when the sender says so. */
  readonly timestamp: number | undefined
}

const KINDS: ReadonlyMap<string, StatsdMetric['kind']> = new Map([
  ['c', 'counter'],
  ['ms', 'timer'],
  ['h', 'distribution'],
  ['d', 'distribution'],
  ['g', 'state'],
  ['s', 'state'],
])
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/
const LONGEST_NAME = 512
const MOST_VALUES = 1_000
const MOST_TAGS = 64

/**
 * Reads `name:value|type|@rate|#tag:value,tag`, as statsd and DogStatsD write it (docs.datadoghq.com, DogStatsD datagram
 * format, versions 1.0 to 1.6). Sections that say where a line came from, and those yet unknown, are passed over.
 */
export function parseLine(line: string): Line {
  if (line === '' || line.startsWith('_e{') || line.startsWith('_sc|')) return { kind: 'other' }
  const sections = line.split('|')
  const head = sections[0] ?? ''
  const colon = head.indexOf(':')
  if (colon <= 0) return malformed('there is no name and no value')
  if (colon > LONGEST_NAME) return malformed(`the name is longer than ${LONGEST_NAME} letters`)
  const kind = KINDS.get(sections[1] ?? '')
  if (kind === undefined) return malformed('the type is none of c, ms, h, d, g, s')
  const name = head.slice(0, colon)
  const told = readSections(sections.slice(2))
  if (typeof told === 'string') return malformed(told)
  if (kind === 'state') return { kind: 'metric', metric: { name, kind, values: [], ...told } }
  const texts = head.slice(colon + 1).split(':', MOST_VALUES + 1)
  if (texts.length > MOST_VALUES) return malformed(`there are more than ${MOST_VALUES} values`)
  if (!texts.every((text) => NUMBER.test(text))) return malformed('a value is no number')
  return { kind: 'metric', metric: { name, kind, values: texts.map(Number), ...told } }
}

type Told = Pick<StatsdMetric, 'rate' | 'tags' | 'timestamp'>

/** What stands behind the type; a sentence when it cannot be. */
function readSections(sections: readonly string[]): Told | string {
  let rate = 1
  let timestamp: number | undefined
  const tags = new Map<string, string>()
  for (const section of sections) {
    const rest = section.slice(1)
    if (section.startsWith('@')) {
      rate = NUMBER.test(rest) ? Number(rest) : Number.NaN
      if (!(rate > 0 && rate <= 1)) return 'the sample rate is not between 0 and 1'
    } else if (section.startsWith('#')) {
      const list = rest.split(',', MOST_TAGS + 1)
      if (list.length > MOST_TAGS) return `there are more than ${MOST_TAGS} tags`
      for (const tag of list) {
        const colon = tag.indexOf(':')
        if (colon < 0) tags.set(tag, '')
        else tags.set(tag.slice(0, colon), tag.slice(colon + 1))
      }
    } else if (section.startsWith('T')) {
      if (!/^\d{1,12}$/.test(rest)) return 'the timestamp is no whole number of seconds'
      timestamp = Number(rest)
    }
  }
  return { rate, tags, timestamp }
}

function malformed(why: string): Line {
  return { kind: 'malformed', why }
}
