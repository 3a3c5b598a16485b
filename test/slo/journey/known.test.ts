import { expect, test } from 'vitest'
import { seconds, unixSeconds } from '../../../src/base/index.ts'
import { createTimelines, type KnownSpan, MINUTE_KNOWN } from '../../../src/slo/index.ts'
import { MONDAY, slo } from '../estate.ts'

// What is known of each minute of a leaf: `#` known, `~` partly, `x` missing, `.` not reported. Of it comes `k` known,
// `u` unknown, `w` waited for. Sources are waited for for three minutes, unless they have said nothing for six.

const STATES: Readonly<Record<string, KnownSpan['state']>> = { '#': 'known', '~': 'partial', x: 'missing' }
const at = (minute: number) => unixSeconds(MONDAY + minute * 60)

/** `now` in seconds after the first minute. */
function known(minutes: string, now: number, id = 's'): string {
  const timelines = createTimelines([slo({ sources: ['edge'] })], { now: at(0) })
  const spans = Array.from(minutes).flatMap((letter, i): KnownSpan[] => {
    const state = STATES[letter]
    return state ? [{ from: at(i), to: at(i + 1), state }] : []
  })
  timelines.cover('edge', spans)
  const waiting = { now: unixSeconds(MONDAY + now), wait: seconds(180), silence: seconds(360) }
  const said = timelines.known(id, { from: at(0), to: at(minutes.length) }, waiting)
  const words = { [MINUTE_KNOWN.known]: 'k', [MINUTE_KNOWN.unknown]: 'u', [MINUTE_KNOWN.waiting]: 'w' }
  return Array.from(said, (one) => words[one as 0 | 1 | 2]).join('')
}

test.each([
  // Long over: nothing is waited for, and what is partly known is known.
  ['##~x.##.', 10_000, 'kkkuukku'],
  // The last report was of the fifth minute; the sixth ended three minutes and a second ago, the seventh less.
  ['#####...', 541, 'kkkkkuww'],
  ['#####...', 540, 'kkkkkuww'],
  ['#####...', 539, 'kkkkkwww'],
  // A young minute that is partly known may yet be known wholly; an old one is taken as it is.
  ['~~~~~~', 400, 'kkkwww'],
  // A gap before the last report is not waited for: the source went on.
  ['###.##', 360, 'kkkukk'],
  // Missing is said, and waited for no longer.
  ['####xx', 360, 'kkkkuu'],
  // The source has said nothing for six minutes: it is not waited for, a second earlier it is.
  ['##......', 480, 'kkuuuuuu'],
  ['##......', 479, 'kkuuwwww'],
  // A source that never spoke is waited for by nobody.
  ['....', 240, 'uuuu'],
])('%s, %i s after its beginning', (minutes, now, expected) => {
  expect(known(minutes, now)).toBe(expected)
})

test('nothing is known of an SLO that is not there', () => {
  expect(known('####', 10_000, 'other')).toBe('uuuu')
})
